"""Letting people and machines in, and stopping them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.dependencies import FromCaller, InCustody
from vault.api.unprintable import Unprintable
from vault.credentials import Issued
from vault.identity.inviting import add_member
from vault.members import NewMember, deactivate, members

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=200, pattern="^[^@\\s]+@[^@\\s]+$")]


class MemberRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody, or some machine, to be let in.

    `reason` is for another administrator, who confirms an administrator or DPO wherever there is one.
    """

    email: Email
    name: Short
    roles: Annotated[list[Role], Meta(min_length=1)]
    agent_id: Annotated[str, Meta(max_length=100)] | None = None
    reason: Annotated[str, Meta(max_length=2000)] | None = None


class MemberView(Struct, frozen=True, kw_only=True):
    """A member as the controller's administrators see it."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    agent_id: str | None
    active: bool


class Invited(Unprintable, frozen=True, kw_only=True):
    """A new member and the invitation to hand over; it is shown only now.

    Without one it went by e-mail to them alone. With `proposal` they are let in once another administrator has
    confirmed it, and invited then.
    """

    id: UUID
    invitation: str | None
    expires_at: datetime | None
    proposal: UUID | None = None


def invited(member: UUID, issued: Issued | None, *, proposal: UUID | None = None) -> Invited:
    """The invitation as it is told."""
    secret, expires_at = (issued.secret, issued.expires_at) if issued else (None, None)
    return Invited(id=member, invitation=secret, expires_at=expires_at, proposal=proposal)


@get("/members", operation_id="list_members", opt={"action": Action.MANAGE_MEMBERS})
async def list_members(caller: FromCaller) -> list[MemberView]:
    """The members of the caller's controller."""
    return [
        MemberView(id=row.id, email=row.email, name=row.name, roles=row.roles, agent_id=row.agent_id, active=row.active)
        for row in await members(caller)
    ]


@post(
    "/members",
    operation_id="add_member",
    opt={"action": Action.MANAGE_MEMBERS},
    responses={202: ResponseSpec(Invited, description="Another administrator decides on it first")},
)
async def create_member(data: JSONBody[MemberRequest], custody: InCustody, caller: FromCaller) -> Response[Invited]:
    """Let somebody in; the answer holds the invitation to hand over, unless it goes by e-mail to them alone.

    Where another administrator has come in, an administrator or DPO is proposed: the other one decides.
    """
    member = NewMember(email=data.email, name=data.name, roles=tuple(data.roles), agent_id=data.agent_id)
    let_in = await add_member(custody, caller, member, reason=data.reason)
    answer = invited(let_in.member, let_in.invitation, proposal=let_in.proposal)
    return Response(answer, status_code=202 if let_in.proposal else 201)


@delete(
    "/members/{member_id:uuid}",
    operation_id="deactivate_member",
    status_code=204,
    opt={"action": Action.MANAGE_MEMBERS},
)
async def remove_member(member_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """Stop a member's access within seconds, everywhere."""
    await deactivate(custody, caller, member_id)


router = Router(
    path="/v1",
    tags=["accounts"],
    route_handlers=[
        list_members,
        create_member,
        remove_member,
    ],
)
