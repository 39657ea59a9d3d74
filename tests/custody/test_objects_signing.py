"""Our signature is the one that botocore makes, and a key that could hold more than an id is refused."""

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from vault.custody.objects.signing import LIFETIME_SECONDS, Signer

ENDPOINTS = [
    "http://127.0.0.1:8333",
    "https://s3.eu-north-1.amazonaws.com",
    "https://s3.example:443",
    "http://s3.example:80/store",
]
AN_ID = "0b1cfa65-93d3-4c6f-8b44-6a0a4ffbe0f2"
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001 - hypothesis wants bounds without a zone
KEYS = st.builds(
    lambda under, name: f"{under}{uuid4()}/{name}",
    st.sampled_from(["", "content/20270501T0000Z/", "contact/contract.2/", f"hold/contract.{uuid4().hex}/"]),
    st.from_regex(r"[a-z][a-z0-9._-]{0,30}", fullmatch=True),
)


@given(
    st.sampled_from(ENDPOINTS),
    SECRETS,
    SECRETS,
    st.sampled_from(["GET", "PUT", "HEAD"]),
    KEYS,
    st.none() | SECRETS,
    MOMENTS,
)
def test_a_url_is_signed_as_botocore_signs_it(
    endpoint: str, access_key: str, secret_key: str, method: str, key: str, version: str | None, moment: datetime
) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    signer = Signer(endpoint, access_key, secret_key, "eu-north-1", clock=moment.timestamp)
    ours = signer.url(method, "bucket", key, version)
    peer = AWSRequest(method, f"{endpoint}/bucket/{key}")
    if version is not None:
        peer.params = {"versionId": version}
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        S3SigV4QueryAuth(Credentials(access_key, secret_key), "s3", "eu-north-1", LIFETIME_SECONDS).add_auth(peer)
    assert ours.raw_path == urlsplit(peer.url).path
    assert parse_qs(urlsplit(str(ours)).query) == parse_qs(urlsplit(peer.url).query)


def test_the_key_of_another_day_is_another_key() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC).timestamp() for day in (1, 2, 1)]
    signer = Signer("http://s3.example", "access", "secret", "eu-north-1", clock=iter(days).__next__)
    first, second, again = (str(signer.url("GET", "bucket", "name")) for _ in days)
    assert first == again != second


@pytest.mark.parametrize(
    "key", ["", "a/b", "content/2027/x", "../up", "name/", "+358501234567", f"{AN_ID}/", f"{AN_ID}/ä"]
)
def test_a_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="object key"):
        Signer("http://s3.example", "access", "secret", "eu-north-1").url("GET", "bucket", key)


def test_a_signer_does_not_show_its_secret() -> None:
    assert "secret" not in repr(Signer("http://s3.example", "access", "secret", "eu-north-1"))
