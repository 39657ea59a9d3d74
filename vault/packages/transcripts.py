"""A transcript in a package: as text to read, the turns that were granted and no other.

Identifiers that go sooner than the rest never go along: a package would keep them beyond their hour.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from tenants.recordings import Kind
from vault.ingest.transcripts import Message, Survey, Talk, Transcript, as_text
from vault.packages.given import Limits, Making


def read(content: bytes, kind: Kind) -> Transcript:
    """A transcript as it is kept. Raises ValueError where the content is none."""
    shape: type[Transcript] = Survey if kind is Kind.SMS_SURVEY else Talk
    return msgspec.json.decode(content, type=shape)


def within(transcript: Transcript, started_at: datetime, limits: Limits, making: Making) -> Transcript:
    """The turns that are given: all, or those within the excerpts; times as the package tells them.

    A survey has no times, so no answer lies within an excerpt of one.
    """
    if isinstance(transcript, Survey):
        return msgspec.structs.replace(transcript, answers=()) if limits.excerpts else transcript
    given = tuple(
        msgspec.structs.replace(message, at=making.moment(message.at))
        for message in transcript.messages
        if not limits.excerpts or lies_within(message, started_at, limits.excerpts)
    )
    return msgspec.structs.replace(transcript, messages=given)


def to_text(transcript: Transcript, making: Making, *, time_zone: str) -> bytes:
    """The file `transcript.txt`; its first line has the package's mark."""
    return f"{making.mark}\n\n{as_text(transcript, ZoneInfo(time_zone))}".encode()


def lies_within(message: Message, started_at: datetime, excerpts: Iterable[tuple[int, int]]) -> bool:
    """Whether a message was written within one of the excerpts, in milliseconds from the recording's beginning."""
    # A source may have stamped the first message before the recording's own beginning.
    at = max((message.at - started_at) // timedelta(milliseconds=1), 0)
    return any(start <= at < stop for start, stop in excerpts)
