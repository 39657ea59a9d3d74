"""The headers of tus are read strictly: what is not meant is refused with a reason, and nothing else ever happens."""

import base64
import hashlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.api import tus
from vault.errors import Malformed, UnsupportedMedia, WrongProtocol

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1, max_size=20)
VALUES = st.binary(max_size=200)
HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=100)


def written(pairs: dict[str, bytes]) -> str:
    return ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in pairs.items())


@given(st.dictionaries(KEYS, VALUES, max_size=4), VALUES)
def test_the_recording_is_found_among_whatever_else_a_client_says(others: dict[str, bytes], recording: bytes) -> None:
    assert tus.read_metadata(written(others | {"recording": recording})) == recording


@given(VALUES)
def test_metadata_is_read_as_it_was_written(recording: bytes) -> None:
    assert tus.read_metadata(tus.write_metadata(recording)) == recording


def test_a_key_without_a_value_is_empty() -> None:
    assert tus.read_metadata("is_confidential,recording e30=") == b"{}"
    assert tus.read_metadata("recording") == b""


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "filename YQ==",
        "recording e30",
        "recording !!!!",
        "recording e30= e30=",
        "recording e30=,recording e30=",
        "recording e30=,",
        ",recording e30=",
        "récording e30=",
    ],
)
def test_metadata_of_another_form_is_refused(header: str | None) -> None:
    with pytest.raises(Malformed):
        tus.read_metadata(header)


@given(HEADERS)
def test_whatever_stands_in_a_header_is_read_or_refused(header: str) -> None:
    readers = (tus.read_metadata, tus.read_checksum, tus.read_offset, lambda value: tus.read_length(value, None))
    for read in readers:
        try:
            read(header)
        except Malformed as refused:
            assert refused.status == 400
            assert refused.detail.endswith(".")


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_length_is_any_whole_number(length: int) -> None:
    assert tus.read_length(str(length), None) == tus.read_offset(str(length)) == length


@pytest.mark.parametrize("header", [None, "", "-1", "+1", "1.0", "1e3", " 1", "٣", "1_000", "9" * 19])
def test_a_length_is_nothing_else(header: str | None) -> None:
    with pytest.raises(Malformed, match="whole number"):
        tus.read_length(header, None)


def test_a_length_that_is_told_later_is_refused_by_its_name() -> None:
    with pytest.raises(Malformed, match="told later"):
        tus.read_length(None, "1")


@given(st.sampled_from(["sha1", "sha256"]), VALUES)
def test_a_checksum_is_read(algorithm: str, body: bytes) -> None:
    digest = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    read = tus.read_checksum(f"{algorithm} {base64.b64encode(digest).decode()}")
    assert read is not None
    assert (read.algorithm, read.digest) == (algorithm, digest)


def test_no_checksum_is_no_checksum() -> None:
    assert tus.read_checksum(None) is None


@pytest.mark.parametrize(
    "header", ["", "sha1", "sha1 ", "sha1 !", "sha1 e30=", "md5 1B2M2Y8AsgTpgAmY7PhCfg==", "SHA1 x"]
)
def test_another_checksum_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        tus.read_checksum(header)


@pytest.mark.parametrize("version", [None, "", "0.2.2", "1.0", "1.0.0, 1.0.1"])
def test_another_version_is_refused(version: str | None) -> None:
    with pytest.raises(WrongProtocol):
        tus.require_version(version)


def test_version_one_is_spoken() -> None:
    tus.require_version("1.0.0")


@pytest.mark.parametrize("content_type", [None, "", "application/octet-stream", "audio/wav"])
def test_a_body_of_another_type_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMedia):
        tus.require_body_type(content_type)


@pytest.mark.parametrize("content_type", ["application/offset+octet-stream", "Application/Offset+Octet-Stream; x=1"])
def test_a_body_of_the_type_is_taken(content_type: str) -> None:
    tus.require_body_type(content_type)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1)))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_a_moment_is_an_http_date(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    written_moment = tus.write_moment(moment)
    assert written_moment.endswith(" GMT")
    assert parsedate_to_datetime(written_moment) == moment
