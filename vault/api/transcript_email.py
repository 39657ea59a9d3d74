"""A chat to the own e-mail of whoever took part in it and chose so at its end."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Party
from vault.api.dependencies import FromCaller, InCustody
from vault.disclosure.transcript_asking import Sending, SendingState, ask, sendings


class Chosen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who chose to have the chat, and where it goes; an agent who asks has it at their own address."""

    chosen_by: Party
    address: Annotated[str, Meta(max_length=254)] | None = None


class SendingView(Struct, frozen=True, kw_only=True):
    """How far a sending is: waiting, handing_over, sent, not_sent (`outcome` says why) or unknown.

    The address is not told, and not kept after the sending.
    """

    disclosure_id: UUID
    recording_id: UUID
    chosen_by: Party
    state: SendingState
    asked_at: datetime
    attempts: int
    ended_at: datetime | None
    outcome: str | None


@post(
    "/recordings/{recording_id:uuid}/transcript-email",
    operation_id="send_transcript",
    status_code=202,
    opt={"action": Action.SEND_TRANSCRIPT},
)
async def send_transcript(
    recording_id: FromPath[UUID], data: JSONBody[Chosen], custody: InCustody, caller: FromCaller
) -> SendingView:
    """Send a chat by e-mail, within 24 hours after its end. Asked again, it is the same sending: it is sent once."""
    return _view(await ask(custody, caller, recording_id, chosen_by=data.chosen_by, address=data.address))


@get(
    "/recordings/{recording_id:uuid}/transcript-email",
    operation_id="read_transcript_sendings",
    opt={"action": (Action.READ_DISCLOSURES, Action.SEND_TRANSCRIPT)},
)
async def read_sendings(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> list[SendingView]:
    """What became of a chat's sendings."""
    return [_view(sending) for sending in await sendings(custody, caller, recording_id)]


def _view(sending: Sending) -> SendingView:
    return SendingView(**asdict(sending))


router = Router(path="/v1", tags=["disclosures"], route_handlers=[send_transcript, read_sendings])
