"""Support from outside of the EEA: let in by an administrator under a safeguard, for a day at most, and shown."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Safeguard
from vault.api.dependencies import FromCaller, InCustody
from vault.oversight import support, support_reading
from vault.oversight.support_reading import Admission


class AdmissionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which operator is let in, under which of the policy's safeguards, why, and until when (24 hours at most)."""

    operator: UUID
    safeguard: Safeguard
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    until: Annotated[datetime, Meta(tz=True)]


class SupportActView(Struct, frozen=True, kw_only=True):
    """One request of the operator: which operation of this interface, and how it was answered."""

    operation: str
    status: int
    at: datetime


class AdmissionView(Struct, frozen=True, kw_only=True):
    """One admission, with every act under it."""

    id: UUID
    tenant: UUID
    operator: UUID
    safeguard: str
    clause: str
    policy_version: int
    reason: str | None
    admitted_by: UUID
    admitted_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    live: bool
    acts: list[SupportActView]


class AdmissionList(Struct, frozen=True, kw_only=True):
    """Admissions, newest first."""

    items: list[AdmissionView]


@post("/support", operation_id="admit_support", opt={"action": Action.ADMIT_SUPPORT})
async def admit_support(data: JSONBody[AdmissionRequest], custody: InCustody, caller: FromCaller) -> AdmissionView:
    """Let an operator from outside of the EEA in to everything but content, for a time and under a safeguard."""
    admitted = await support.admit(
        custody, caller, data.operator, safeguard=data.safeguard, reason=data.reason, until=data.until
    )
    return _view(admitted)


@get("/support", operation_id="list_support", opt={"action": Action.READ_SUPPORT})
async def list_support(custody: InCustody, caller: FromCaller) -> AdmissionList:
    """Who was let in from outside of the EEA, and what they did."""
    return AdmissionList(items=[_view(one) for one in await support_reading.listed(custody, caller)])


@get("/me/support", operation_id="list_own_support", opt={"action": Action.LEAVE_SUPPORT})
async def list_own_support(custody: InCustody, caller: FromCaller) -> AdmissionList:
    """By whom the calling operator was let in."""
    return AdmissionList(items=[_view(one) for one in await support_reading.own(custody, caller)])


@post(
    "/support/{admission_id:uuid}/end",
    operation_id="end_support",
    status_code=204,
    opt={"action": (Action.ADMIT_SUPPORT, Action.LEAVE_SUPPORT)},
)
async def end_support(admission_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """End it before its time; the controller's administrator does, or the operator."""
    await support.end(custody, caller, admission_id)


def _view(admission: Admission) -> AdmissionView:
    return msgspec.convert(admission, AdmissionView, from_attributes=True)


router = Router(
    path="/v1", tags=["support"], route_handlers=[admit_support, list_support, list_own_support, end_support]
)
