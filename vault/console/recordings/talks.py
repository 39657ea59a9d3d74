"""A transcript is shown as the conversation that it was, or as the questions and answers of a survey."""

import re
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from tenants.recordings import Kind
from vault.access.accesses import Access
from vault.access.listening import content
from vault.access.transcripts import Form
from vault.accounts import Caller
from vault.console.language import mark
from vault.custody.custody import Custody
from vault.grants.excerpts import GRANTS
from vault.ingest.transcripts import Answer, Survey, Talk

SENDERS: Final = {
    "customer": mark("Customer"),
    "agent": mark("Agent"),
    "bot": mark("Chatbot"),
    "system": mark("System"),
}

# An entry begins with its time; every other line of what somebody wrote is indented (`as_text`).
_ENTRY = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4})  (\w+): ", re.MULTILINE)


class Said(Struct, frozen=True, kw_only=True):
    """One message, and on whose behalf it was written."""

    at: datetime
    sender: str
    text: str


class Conversation(Struct, frozen=True, kw_only=True):
    """What was written: messages of a talk, or answers of a survey; `language` is what it was written in."""

    language: str | None = None
    messages: tuple[Said, ...] = ()
    answers: tuple[Answer, ...] = ()


async def conversation(custody: Custody, caller: Caller, access: Access) -> Conversation:
    """What an access lets somebody read; of a chat that others had a part of, their own turns.

    Raises:
        AccessOver, Destroyed, Refused, NotAllowed, NotFound, Altered, Unavailable: as for what is heard.
    """
    form = Form.TEXT if access.excerpts else Form.ORIGINAL
    found = await content(custody, caller, access.id, form, grants=GRANTS)
    written = b"".join([piece async for piece in await found.read(0, found.size)])
    if access.excerpts:
        return Conversation(messages=tuple(_turns(written.decode())))
    if access.held.recording.kind is Kind.SMS_SURVEY:
        survey = msgspec.json.decode(written, type=Survey)
        return Conversation(language=survey.language, answers=survey.answers)
    talk = msgspec.json.decode(written, type=Talk)
    said = tuple(Said(at=each.at, sender=each.sender.value, text=each.text) for each in talk.messages)
    return Conversation(language=talk.language, messages=said)


def _turns(text: str) -> list[Said]:
    _, *pieces = _ENTRY.split(text)
    return [
        Said(
            at=datetime.strptime(at, "%Y-%m-%d %H:%M:%S%z"),
            sender=sender,
            text=said.rstrip("\n").replace("\n    ", "\n"),
        )
        for at, sender, said in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    ]
