"""Who took part in a recording, and what they said, in a vCon's words.

Where the beginning is not given, no dialog has a `start`: the draft lets a redacted vCon leave out anything.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tenants.recordings import ContactField, Direction
from tenants.vocabulary import DisclosureKind
from vault.access.kept import IDENTIFIERS, KeptRecording
from vault.ingest.transcripts import Sender, Survey, Transcript
from vault.packages import vcons
from vault.packages.contacts import GivenContact
from vault.packages.given import Limits, Making, Statement, is_narrowed
from vault.packages.vcons import Dialog, Json

CUSTOMER, AGENT, CONTROLLER, BOT = range(4)
"""The parties of every vCon, by their places; a bot only where one wrote."""

_ANONYMOUS: Final = {"name": "anonymous"}
_WRITES: Final = {
    Sender.CUSTOMER: CUSTOMER,
    Sender.AGENT: AGENT,
    Sender.BOT: BOT,
    Sender.SYSTEM: CONTROLLER,
}


def vcon(
    making: Making,
    recording: KeptRecording,
    contact: GivenContact,
    limits: Limits,
    statements: Sequence[Statement],
    dialogs: AsyncIterator[Dialog],
) -> AsyncGenerator[bytes, None]:
    """One recording as a vCon, as far as it is given."""
    attachments = [
        vcons.attachment("disclosure", _disclosed(making, recording), start=making.made_at, party=CONTROLLER),
        *(vcons.attachment("statement", one.text, start=one.at, party=CUSTOMER) for one in statements),
    ]
    return vcons.write(
        vcons.new_uuid(f"{recording.id}.{making.package}.{making.domain}", at=making.made_at),
        created_at=making.made_at,
        redacted=_redacted(making, recording, limits),
        parties=_parties(making, contact),
        attachments=attachments,
        dialogs=dialogs,
    )


def speakers(contact: GivenContact) -> list[int]:
    """Who may be heard, whoever began first."""
    return [AGENT, CUSTOMER] if contact.direction is Direction.OUT else [CUSTOMER, AGENT]


def withheld(recording: KeptRecording, contact: GivenContact) -> Dialog:
    """That something was said, where nothing of it is given."""
    kind = "recording" if recording.is_sound else "text"
    told: dict[str, Any] = {"type": kind, "parties": speakers(contact)}
    if contact.started_at is not None:
        told["start"] = contact.started_at.isoformat(timespec="milliseconds")
    return Dialog(parameters=told)


def written(transcript: Transcript, contact: GivenContact) -> list[Dialog]:
    """What was written, message by message; a survey has no times, so all of it is of its beginning."""
    if isinstance(transcript, Survey):
        return [
            dialog
            for answer in transcript.answers
            for dialog in (
                vcons.text(answer.question, start=contact.started_at, parties=[CONTROLLER, CUSTOMER]),
                vcons.text(str(answer.answer), start=contact.started_at, parties=[CUSTOMER, CONTROLLER]),
            )
        ]
    return [
        vcons.text(message.text, start=message.at, parties=[_WRITES[message.sender]]) for message in transcript.messages
    ]


def begins(making: Making, recording: KeptRecording, contact: GivenContact, start_ms: int) -> datetime | None:
    """When an excerpt begins, if the recording's beginning is given."""
    if contact.started_at is None:
        return None
    return making.moment(recording.started_at + timedelta(milliseconds=start_ms))


def _parties(making: Making, contact: GivenContact) -> list[Json]:
    fields, out = contact.fields, contact.direction is Direction.OUT
    caller, answered = fields.get(ContactField.CALLER_NUMBER), fields.get(ContactField.ANSWERED_NUMBER)
    customer = {
        "tel": fields.get(ContactField.CUSTOMER_NUMBER) or (answered if out else caller),
        "name": fields.get(ContactField.NICKNAME) or fields.get(ContactField.CUSTOMER_GIVEN),
    }
    agent = {
        "tel": fields.get(ContactField.AGENT_NUMBER) or (caller if out else answered),
        "name": fields.get(ContactField.AGENT_NAME),
        "uuid": fields.get(ContactField.AGENT_ID),
    }
    controller = {
        "type": "organization",
        "org": making.controller.name,
        "tel": fields.get(ContactField.SERVICE_NUMBER),
    }
    if making.pseudonyms is not None:
        # A pseudonym is no telephone number.
        for party in (customer, agent, controller):
            pseudonym = party.pop("tel", None)
            party["uuid"] = party.get("uuid") or pseudonym
    return [_person(customer), _person(agent), _given(controller), {"type": "bot"}]


def _person(party: dict[str, Any]) -> Json:
    known = _given(party)
    if not known:
        return _ANONYMOUS
    # The draft asks how a name was found to be somebody's: by nothing that this vault knows of.
    return known | {"type": "person"} | ({"validation": "none"} if "name" in known else {})


def _given(party: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in party.items() if value is not None}


def _disclosed(making: Making, recording: KeptRecording) -> Json:
    """Under what the recording was given, and the mark by which a copy of this file is traced."""
    basis = making.basis
    said = {
        "law": basis.law,
        "clause": basis.clause,
        "policy_version": basis.policy_version,
        "purpose": basis.purpose,
    }
    return {
        "mark": making.mark,
        "package": str(making.package),
        "disclosure": str(making.disclosure),
        "recording": str(recording.id),
        "kind": making.kind.value,
        "controller": {"id": str(making.controller.id), "name": making.controller.name},
        "lawful_basis": {name: value for name, value in said.items() if value is not None},
    }


def _redacted(making: Making, recording: KeptRecording, limits: Limits) -> str | None:
    """What the vCon lacks of what there is, in a word."""
    if making.pseudonyms is not None:
        return "pseudonymised"
    if is_narrowed(making, limits) or not limits.content:
        return "disclosure_limits"
    if making.kind in (DisclosureKind.SUBJECT_ACCESS, DisclosureKind.AGENT_ACCESS):
        return "other_parties"
    return "identifiers" if recording.part(IDENTIFIERS) is not None else None
