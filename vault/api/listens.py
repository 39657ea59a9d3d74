"""When and why somebody listened to a recording or consulted it, for whoever answers its data subject."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, convert

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.subjects import listening


class ListenView(Struct, frozen=True, kw_only=True):
    """One listen: when, and for which purpose; `member` is null unless it was asked for, and said why."""

    at: datetime
    purpose: str
    member: UUID | None


class ConsultationView(Struct, frozen=True, kw_only=True):
    """One time that somebody read the contact record (`contact`) or the notes (`notes`).

    No purpose is asked for that: `purpose` is the one that the person had named for their work, or null.
    """

    at: datetime
    what: str
    purpose: str | None
    member: UUID | None


class NamedView(Struct, frozen=True, kw_only=True):
    """That a DPO saw who had listened, and why that was essential for the data subject's rights."""

    at: datetime
    by: UUID
    reason: str

    def __repr__(self) -> str:
        """Without the reason, which may name somebody."""
        return f"NamedView(at={self.at!r}, by={self.by!r}, …)"


class ListensView(Struct, frozen=True, kw_only=True):
    """Each listen to one recording, and each time that it was consulted otherwise, the earliest first.

    `named` is when and why it was asked who that was.
    """

    listens: list[ListenView]
    consultations: list[ConsultationView]
    named: list[NamedView]


class Essential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is essential for the data subject's rights to know who listened; kept sealed with the recording."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Essential(…)"


@get(
    "/recordings/{recording_id:uuid}/listens",
    operation_id="list_listens",
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def list_listens(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> ListensView:
    """When and why a recording was listened to or consulted, without anybody's name; also after it is destroyed."""
    return _view(await listening.listened(custody, caller, recording_id))


@post(
    "/recordings/{recording_id:uuid}/listens",
    operation_id="name_listeners",
    status_code=200,
    opt={"action": Action.NAME_LISTENERS},
)
async def name_listeners(
    recording_id: FromPath[UUID], data: JSONBody[Essential], custody: InCustody, caller: FromCaller
) -> ListensView:
    """The same with who listened, for the DPO, who says why that is essential (C-579/21)."""
    return _view(await listening.listeners(custody, caller, recording_id, reason=data.reason))


def _view(found: listening.Listened) -> ListensView:
    return convert(asdict(found), ListensView)


router = Router(path="/v1", tags=["subject requests"], route_handlers=[list_listens, name_listeners])
