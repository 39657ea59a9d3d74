"""Signing in and out, letting people and machines in, and stopping them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.vocabulary import Role
from vault.api.authentication import COOKIE, bound_to
from vault.api.dependencies import FromCaller, InCustody, WithSessions
from vault.members import NewMember, add_member, deactivate, members
from vault.sessions import LASTS

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=200, pattern="^[^@\\s]+@[^@\\s]+$")]


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's address and password at a controller; operators leave the controller out."""

    email: Short
    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    controller: Annotated[str, Meta(max_length=100)] = ""


class Session(Struct, frozen=True, kw_only=True):
    """An open session; the token is also set as a cookie for a browser's own elements."""

    token: str
    expires_at: datetime | None


class Redemption(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation taken up, and the password chosen."""

    invitation: Short
    password: Annotated[str, Meta(min_length=1, max_length=1000)]


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


class Invited(Struct, frozen=True, kw_only=True):
    """A new member and the invitation to hand over; it is shown only now."""

    id: UUID
    invitation: str
    expires_at: datetime | None


class Me(Struct, frozen=True, kw_only=True):
    """Who the vault takes the caller for."""

    id: UUID
    controller: UUID | None
    roles: list[Role]
    agent_id: str | None


@post("/sessions", operation_id="sign_in", exclude_from_auth=True)
async def sign_in(
    data: JSONBody[SignIn], request: Request[Any, Any, Any], sessions: WithSessions, secure: NamedDependency[bool]
) -> Response[Session]:
    """Open a session with a password."""
    issued = await sessions.sign_in(data.controller, data.email, data.password, bound_to=bound_to(request))
    cookie = Cookie(
        COOKIE,
        value=issued.secret,
        httponly=True,
        samesite="strict",
        secure=secure,
        path="/",
        max_age=int(LASTS.total_seconds()),
    )
    return Response(Session(token=issued.secret, expires_at=issued.expires_at), status_code=201, cookies=[cookie])


@delete("/sessions/current", operation_id="sign_out")
async def sign_out(sessions: WithSessions, caller: FromCaller) -> Response[None]:
    """End the session or token that this request came with."""
    await sessions.sign_out(caller)
    response: Response[None] = Response(None, status_code=204)
    response.delete_cookie(COOKIE)
    return response


@post("/invitations/redeem", operation_id="redeem_invitation", exclude_from_auth=True, status_code=204)
async def redeem(data: JSONBody[Redemption], sessions: WithSessions) -> None:
    """Take up an invitation by choosing a password."""
    await sessions.redeem(data.invitation, data.password)


@get("/me", operation_id="who_am_i")
async def who_am_i(caller: FromCaller) -> Me:
    """Who the vault takes the caller for."""
    person = caller.person
    return Me(id=person.id, controller=person.tenant, roles=sorted(person.roles), agent_id=person.agent_id)


@get("/members", operation_id="list_members")
async def list_members(caller: FromCaller) -> list[MemberView]:
    """The members of the caller's controller."""
    return [
        MemberView(id=row.id, email=row.email, name=row.name, roles=row.roles, agent_id=row.agent_id, active=row.active)
        for row in await members(caller)
    ]


@post("/members", operation_id="add_member")
async def create_member(data: JSONBody[MemberRequest], custody: InCustody, caller: FromCaller) -> Invited:
    """Let somebody in; the answer holds the invitation to hand over."""
    member = NewMember(email=data.email, name=data.name, roles=tuple(data.roles), agent_id=data.agent_id)
    member_id, invitation = await add_member(custody, caller, member)
    return Invited(id=member_id, invitation=invitation.secret, expires_at=invitation.expires_at)


@delete("/members/{member_id:uuid}", operation_id="deactivate_member", status_code=204)
async def remove_member(member_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """Stop a member's access within seconds, everywhere."""
    await deactivate(custody, caller, member_id)


router = Router(
    path="/v1",
    tags=["accounts"],
    route_handlers=[
        sign_in,
        sign_out,
        redeem,
        who_am_i,
        list_members,
        create_member,
        remove_member,
    ],
)
