"""A webhook is posted to where it was registered and nowhere else, and its receiver can tell that it was us."""

import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telling.mailing import certificate
from tests.telling.receiving import Receiver, receiver
from vault.telling import posting
from vault.telling.posting import Answer, Signed, Unreachable, is_public, post, problem_of

SECRET, BEFORE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
async def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with receiver(context) as made:
        made.secret = SECRET
        yield made


def signed(*secrets: str, body: str = '{"type":"webhook.tested"}') -> Signed:
    return Signed("a-message", body, secrets or (SECRET,))


async def sent(there: Receiver, message: Signed | None = None, *, to_private: bool = True) -> Answer:
    trust = httpx.create_ssl_context()
    now = datetime.now(UTC)
    return await post(there.url, message or signed(), now=now, trust=trust, to_private=to_private)


async def test_a_receiver_verifies_it_with_a_library_of_the_standard(there: Receiver) -> None:
    assert (await sent(there)).taken
    assert there.verified() == {"type": "webhook.tested"}
    headers, _ = there.requests[0]
    assert headers[":request"] == "POST /hooks?for=vault HTTP/1.1"
    assert headers["host"] == there.url.split("/")[2]
    assert headers["webhook-id"] == "a-message"
    assert "cookie" not in headers


async def test_while_a_secret_is_replaced_the_old_one_verifies_too(there: Receiver) -> None:
    await sent(there, signed(SECRET, BEFORE))
    for secret in (SECRET, BEFORE):
        there.secret = secret
        assert there.verified() == {"type": "webhook.tested"}


async def test_no_redirect_is_followed(there: Receiver) -> None:
    there.status, there.headers = 307, {"location": there.url}
    assert not (await sent(there)).taken
    assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("9999999999", timedelta(days=1)),
        ("9" * 5000, timedelta(days=1)),
        ("0" * 5000 + "60", timedelta(seconds=60)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta()),
        ("soon", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("-5", None),
    ],
)
async def test_a_receiver_that_asks_for_patience_is_given_it(
    there: Receiver, header: str, wait: timedelta | None
) -> None:
    there.status, there.headers = 503, {"retry-after": header}
    assert await sent(there) == Answer(503, wait)


async def test_a_date_to_come_back_at_is_understood(there: Receiver) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    there.status, there.headers = 429, {"retry-after": until.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    wait = (await sent(there)).retry_after
    assert wait is not None
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


async def test_nobody_inside_is_posted_to_though_a_name_leads_there(there: Receiver) -> None:
    with pytest.raises(Unreachable) as refused:
        await sent(there, to_private=False)
    assert refused.value.slug == "private-address"
    assert not there.requests


async def test_who_cannot_show_a_certificate_gets_nothing(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unreachable) as refused:
        await sent(there)
    assert refused.value.slug == "tls"
    there.url = there.url.replace("localhost", "localhost.localdomain").replace("localhost.localdomain", "127.0.0.2")
    with pytest.raises(Unreachable):
        await sent(there)
    assert not there.requests


async def test_who_says_nothing_is_not_waited_for(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "ANSWER_WITHIN", 0.3)
    there.silent = True
    with pytest.raises(Unreachable):
        await sent(there)


async def test_a_name_that_nobody_has_is_no_address(there: Receiver) -> None:
    there.url = "https://nobody.invalid/"
    with pytest.raises(Unreachable) as refused:
        await sent(there)
    assert refused.value.slug == "no-address"


async def test_a_port_where_nobody_listens_is_unreachable(there: Receiver) -> None:
    there.url = "https://localhost:1/"
    with pytest.raises(Unreachable) as refused:
        await sent(there)
    assert refused.value.slug == "unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "https://",
        "ftp://hooks.example/",
        "hooks.example",
        "https://user:word@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example:99999/",
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:0:127.0.0.1]/",
        "https://[64:ff9b:1::10.0.0.1]/",
        "https://[fec0::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[fd00::1]/",
        "https://häk.example/",
        "https://hooks.example/" + "a" * 2100,
    ],
)
def test_what_leads_nowhere_or_inside_is_not_registered(url: str) -> None:
    assert problem_of(url, to_private=False)


@pytest.mark.parametrize(
    "url", ["https://hooks.example/a?b=c", "https://hooks.example:8443/", "https://93.184.216.34/"]
)
def test_a_public_address_over_https_is(url: str) -> None:
    assert problem_of(url, to_private=False) is None


def test_beside_the_vault_a_private_one_may_be_allowed() -> None:
    assert problem_of("https://10.0.0.1/", to_private=True) is None


@given(st.ip_addresses(v=4))
def test_no_wrapping_makes_an_inside_address_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrapped = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x0064FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    assert {is_public(each) for each in wrapped} == {is_public(address)}


def test_the_context_is_one_of_tls() -> None:
    assert httpx.create_ssl_context().verify_mode is ssl.CERT_REQUIRED
