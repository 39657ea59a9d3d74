"""A transcript has one closed shape, so that nothing but what was said can hide in it.

The shape is published as `transcript.schema.json` beside this file.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from tenants.identifiers import Cut, cut_identifiers
from tenants.identifiers import rejoin as rejoin_text
from tenants.recordings import Kind
from vault.errors import FieldProblem, Invalid
from vault.ingest.shape import told

MEDIA_TYPE = "application/json"
MOST_BYTES = 4 << 20
MOST_MESSAGES = 20_000
MOST_CHARACTERS = 65_536

Language = Annotated[
    str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, description="A language tag (BCP 47): fi, sv.")
]
SecondsIn = Annotated[float, Meta(ge=0, le=31_536_000, description="Seconds since the recording started.")]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC.")]
Text = Annotated[str, Meta(max_length=MOST_CHARACTERS)]


class Sender(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class DeliveredMessage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One message as a source delivers it."""

    at: Moment | SecondsIn
    sender: Sender = field(name="from")
    text: Text


class DeliveredTalk(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat or a chatbot talk as a source delivers it."""

    version: Literal[1] = 1
    language: Language | None = None
    messages: Annotated[tuple[DeliveredMessage, ...], Meta(min_length=1, max_length=MOST_MESSAGES)]


class Message(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One message; `at` is in UTC."""

    at: Moment
    sender: Sender = field(name="from")
    text: Text


class Talk(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat or a chatbot talk, in the order in which its source gave the messages."""

    version: Literal[1] = 1
    language: Language | None = None
    messages: tuple[Message, ...]


class Answer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was asked and what was answered: a grade of three digits at most, or text."""

    question: Annotated[str, Meta(min_length=1, max_length=2000)]
    answer: Annotated[int, Meta(ge=-999, le=999)] | Text


class Survey(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answers to an SMS survey."""

    version: Literal[1] = 1
    language: Language | None = None
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=MOST_MESSAGES)]


Transcript = Talk | Survey
_Shape = TypeVar("_Shape", DeliveredTalk, Survey)


class TextCuts(Struct, frozen=True):
    """What was cut out of one text: of message or answer number `text`, counted from 0."""

    text: int
    cuts: tuple[Cut, ...]


class Cuts(Struct, frozen=True, kw_only=True):
    """The identifiers of one transcript, kept apart because they go sooner."""

    version: Literal[1] = 1
    texts: tuple[TextCuts, ...]


class TranscriptInvalid(Invalid):
    """The bytes are not a transcript of the shape; `path` says where, such as `messages[2].at`.

    `rule` is one of not-a-transcript, too-large, not-json, shape, relative-time, empty-transcript.
    """

    def __init__(self, path: str, rule: str, sentence: str) -> None:
        super().__init__(sentence, [FieldProblem(path or "content", rule, sentence)])
        self.path = path
        self.rule = rule


def read_transcript(data: bytes, kind: Kind, *, started_at: datetime | None = None) -> Transcript:
    """Reads what a source delivered. A message's time given in seconds is counted from `started_at`.

    A henkilötunnus in what somebody wrote is content and stays; the other fields have no room for one.
    A transcript in which nobody wrote anything is refused, as sound of zero length is. Raises TranscriptInvalid.
    """
    if len(data) > MOST_BYTES:
        raise TranscriptInvalid("", "too-large", f"A transcript has at most {MOST_BYTES >> 20} MiB.")
    transcript = _survey(data) if kind is Kind.SMS_SURVEY else _talk(data, kind, started_at)
    if not any(text.strip() for text in _texts(transcript)) and not _grades(transcript):
        raise TranscriptInvalid("", "empty-transcript", "Nobody wrote anything in it.")
    return transcript


def canonical(value: Transcript | Cuts) -> bytes:
    """JSON in one spelling: equal values give equal bytes, times are in UTC."""
    return msgspec.json.encode(value)


def read_cuts(data: bytes) -> Cuts:
    """Reads what `canonical` made of cuts. Raises ValueError where it is something else."""
    return msgspec.json.decode(data, type=Cuts)


def split_identifiers(transcript: Transcript) -> tuple[Transcript, Cuts | None]:
    """Cuts numeric identifiers out of every text, whoever wrote it: bots repeat what they are told.

    Gives the transcript without them and what was cut; nothing, where there was nothing to cut.
    """
    split = [cut_identifiers(text) for text in _texts(transcript)]
    cut = tuple(TextCuts(number, cuts) for number, (_, cuts) in enumerate(split) if cuts)
    if not cut:
        return transcript, None
    return _with_texts(transcript, [text for text, _ in split]), Cuts(texts=cut)


def rejoin(transcript: Transcript, cuts: Cuts) -> Transcript:
    """Puts cut identifiers back. Raises ValueError where they were not cut from this transcript."""
    texts = list(_texts(transcript))
    for of in cuts.texts:
        if not 0 <= of.text < len(texts):
            raise ValueError(f"no identifier was cut from text {of.text}: there is none")
        texts[of.text] = rejoin_text(texts[of.text], of.cuts)
    return _with_texts(transcript, texts)


def last_moment(transcript: Transcript) -> datetime | None:
    """When the last message was written: the end of a talk that came without one. A survey has no times."""
    return max(message.at for message in transcript.messages) if isinstance(transcript, Talk) else None


def as_text(transcript: Transcript, zone: tzinfo = UTC) -> str:
    """The transcript for reading: times in `zone`, who, what.

    A line that somebody wrote can never look like another message: lines after the first are indented.
    """
    if isinstance(transcript, Survey):
        return "".join(_entry(answer.question, str(answer.answer)) for answer in transcript.answers)
    return "".join(
        _entry(f"{message.at.astimezone(zone):%Y-%m-%d %H:%M:%S%z}  {message.sender.value}", message.text)
        for message in transcript.messages
    )


def schema() -> bytes:
    """The JSON Schema of everything `read_transcript` takes, as it is published."""
    shapes, parts = msgspec.json.schema_components([DeliveredTalk, Survey], ref_template="#/$defs/{name}")
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Transcript",
        "description": "A chat or chatbot talk (messages), or an SMS survey (answers).",
        "oneOf": list(shapes),
        "$defs": parts,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _survey(data: bytes) -> Survey:
    return _decoded(data, Survey)


def _talk(data: bytes, kind: Kind, started_at: datetime | None) -> Talk:
    if kind is Kind.CALL:
        raise TranscriptInvalid("", "not-a-transcript", "A call is delivered as sound, not as a transcript.")
    delivered = _decoded(data, DeliveredTalk)
    messages = tuple(
        Message(at=_moment(message.at, number, started_at), sender=message.sender, text=message.text)
        for number, message in enumerate(delivered.messages)
    )
    return Talk(language=delivered.language, messages=messages)


def _moment(at: datetime | float, number: int, started_at: datetime | None) -> datetime:
    if not isinstance(at, datetime):
        if started_at is None:
            sentence = "A time in seconds needs a recording whose start is known."
            raise TranscriptInvalid(f"messages[{number}].at", "relative-time", sentence)
        return started_at.astimezone(UTC) + timedelta(seconds=at)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        # Years 1 and 9999 with an offset fall off the calendar.
        raise TranscriptInvalid(f"messages[{number}].at", "shape", "The time is out of range.") from None


def _decoded(data: bytes, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        path, sentence = told(error, {"from": Sender, "version": ("1",)})
        raise TranscriptInvalid(path, "shape", sentence) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TranscriptInvalid("", "not-json", "It is not JSON in UTF-8.") from None


def _texts(transcript: Transcript) -> Iterable[str]:
    if isinstance(transcript, Talk):
        return (message.text for message in transcript.messages)
    return (answer.answer if isinstance(answer.answer, str) else "" for answer in transcript.answers)


def _grades(transcript: Transcript) -> bool:
    return isinstance(transcript, Survey) and any(isinstance(answer.answer, int) for answer in transcript.answers)


def _with_texts(transcript: Transcript, texts: list[str]) -> Transcript:
    replace = msgspec.structs.replace
    if isinstance(transcript, Talk):
        messages = zip(transcript.messages, texts, strict=True)
        return replace(transcript, messages=tuple(replace(message, text=text) for message, text in messages))
    answers = zip(transcript.answers, texts, strict=True)
    return replace(transcript, answers=tuple(_with_text(answer, text) for answer, text in answers))


def _with_text(answer: Answer, text: str) -> Answer:
    return msgspec.structs.replace(answer, answer=text) if isinstance(answer.answer, str) else answer


def _entry(head: str, body: str) -> str:
    """One entry; every other line break than ours is followed by spaces, every control character is shown."""
    lines = [_printable(line) for line in body.splitlines()] or [""]
    return f"{_printable(' '.join(head.splitlines()))}: " + "\n    ".join(lines) + "\n"


def _printable(line: str) -> str:
    return "".join(
        character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}" for character in line
    )
