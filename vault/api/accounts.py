"""Letting people and machines in, and stopping them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.dependencies import FromCaller, InCustody
from vault.api.unprintable import Unprintable
from vault.members import NewMember, add_member, deactivate, members

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=200, pattern="^[^@\\s]+@[^@\\s]+$")]


class MemberRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody, or some machine, to be let in."""

    email: Email
    name: Short
    roles: Annotated[list[Role], Meta(min_length=1)]
    agent_id: Annotated[str, Meta(max_length=100)] | None = None


class MemberView(Struct, frozen=True, kw_only=True):
    """A member as the controller's administrators see it."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    agent_id: str | None
    active: bool


class Invited(Unprintable, frozen=True, kw_only=True):
    """A new member and the invitation to hand over; it is shown only now."""

    id: UUID
    invitation: str
    expires_at: datetime | None


@get("/members", operation_id="list_members", opt={"action": Action.MANAGE_MEMBERS})
async def list_members(caller: FromCaller) -> list[MemberView]:
    """The members of the caller's controller."""
    return [
        MemberView(id=row.id, email=row.email, name=row.name, roles=row.roles, agent_id=row.agent_id, active=row.active)
        for row in await members(caller)
    ]


@post("/members", operation_id="add_member", opt={"action": Action.MANAGE_MEMBERS})
async def create_member(data: JSONBody[MemberRequest], custody: InCustody, caller: FromCaller) -> Invited:
    """Let somebody in; the answer holds the invitation to hand over."""
    member = NewMember(email=data.email, name=data.name, roles=tuple(data.roles), agent_id=data.agent_id)
    member_id, invitation = await add_member(custody, caller, member)
    return Invited(id=member_id, invitation=invitation.secret, expires_at=invitation.expires_at)


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
