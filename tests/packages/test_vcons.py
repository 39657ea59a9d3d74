"""A vCon says what the draft says, and holds sound of any length without anybody holding it."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.packages.given import body_of, gathered, in_pieces
from vault.packages import vcons
from vault.packages.vcons import Dialog, new_uuid, write

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


async def each(*dialogs: Dialog) -> AsyncIterator[Dialog]:
    for dialog in dialogs:
        yield dialog


@settings(max_examples=50)
@given(st.binary(max_size=5000), st.integers(1, 700))
async def test_sound_in_whatever_pieces_is_the_sound(content: bytes, size: int) -> None:
    sound = vcons.recording(
        in_pieces(content, size), "audio/mpeg", "a.mp3", start=NOW, duration=1.5, channels=2, parties=[1, 0]
    )
    words = vcons.text("Words of “somebody”.", start=None, parties=[0])
    uuid = new_uuid("example.org", at=NOW)
    dialogs = each(words, sound, words)
    written = await gathered(
        write(uuid, created_at=NOW, redacted=None, parties=[{}, {}], attachments=[], dialogs=dialogs)
    )
    read = json.loads(written)
    first, second, third = read["dialog"]
    assert body_of(second) == content
    assert (second["type"], second["mediatype"], second["duration"]) == ("recording", "audio/x-mp3", 1.5)
    assert second["parties"] == [[1, 0], [1, 0]]
    assert second["start"] == "2026-11-22T08:30:00.000+00:00"
    assert (
        first
        == third
        == {
            "type": "text",
            "parties": [0],
            "mediatype": "text/plain",
            "encoding": "none",
            "body": "Words of “somebody”.",
        }
    )
    assert (read["vcon"], read["uuid"], "redacted" in read) == ("0.4.0", str(uuid), False)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), st.text(min_size=1, max_size=50))  # noqa: DTZ001 - hypothesis wants them bare
def test_a_uuid_is_of_version_8_and_tells_its_time_and_its_domain(at: datetime, domain: str) -> None:
    at = at.replace(tzinfo=UTC)
    uuid = new_uuid(domain, at=at)
    assert (uuid.version, uuid.variant) == (8, "specified in RFC 4122")
    assert uuid.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    digest = int.from_bytes(hashlib.sha1(domain.encode(), usedforsecurity=False).digest(), "big")
    assert uuid.int & (1 << 62) - 1 == digest >> 98
