"""A transcript is read as JSON or as text; the digits that were cut from it stand in it only while they live."""

from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from tenants.recordings import Kind
from vault.ingest.transcripts import Survey, Talk, Transcript, as_text, canonical, read_cuts, rejoin


class Form(StrEnum):
    """How content is asked for: as it was delivered, as a browser plays it, or as text to read."""

    ORIGINAL = "original"
    PLAYBACK = "playback"
    TEXT = "text"


def render(content: bytes, kind: Kind, form: Form, *, identifiers: bytes | None, time_zone: str) -> bytes:
    """A stored transcript in the form asked for, with its identifiers put back where they are given.

    Raises:
        ValueError: the content is no transcript, or the identifiers were not cut from it.
    """
    shape: type[Transcript] = Survey if kind is Kind.SMS_SURVEY else Talk
    transcript = msgspec.json.decode(content, type=shape)
    if identifiers is not None:
        transcript = rejoin(transcript, read_cuts(identifiers))
    if form is Form.TEXT:
        return as_text(transcript, ZoneInfo(time_zone)).encode()
    return canonical(transcript)
