"""The people of a controller: who they are here, when each was last seen, and letting them in or stopping them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.accounts import MemberRequest
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import Why
from vault.api.rights_reviews import Superior
from vault.colleagues import colleagues
from vault.console import forms
from vault.console.language import mark, words_of
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.credentials import Issued
from vault.custody.custody import Custody
from vault.custody.tables import Member
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.identity.inviting import add_member, invite_instead
from vault.identity.recovery import propose_recovery
from vault.identity.tokens import MACHINES
from vault.members import NewMember, deactivate, last_acts, members
from vault.oversight.review_reading import name_superior

NEVER_INVITED: Final = MACHINES | {Role.OPERATOR, Role.RECIPIENT}
"""Machines have a page of their own; operators are the firm's, and people of outside are named in their matter."""

SUPERIORS: Final = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})


class RecoveryForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it is known who asks for their account."""

    reason: Why


@get("/people", opt={"action": (Action.MANAGE_MEMBERS, Action.READ_RIGHTS, Action.REVIEW_RIGHTS)})
async def list_people(request: Request[Caller, Any, Any], caller: FromCaller) -> Response[str]:
    """All members; whoever manages none has to do with reviews."""
    if not caller.may(Action.MANAGE_MEMBERS):
        return elsewhere("/people/reviews")
    return await _listed(request, caller)


@post("/people", status_code=200, opt={"action": Action.MANAGE_MEMBERS})
async def invite(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Let somebody in: the invitation is shown once, or sent; another administrator may have to confirm it first."""
    given = forms.fields(await request.form(), frozenset({"roles"}))
    try:
        asked = forms.shaped(given, MemberRequest)
        new = NewMember(email=asked.email, name=asked.name, roles=tuple(asked.roles), agent_id=asked.agent_id)
        let_in = await add_member(custody, caller, new, reason=asked.reason)
    except Invalid as error:
        return await _listed(request, caller, form=given, status=422, problems=list(error.problems))
    except Conflict as error:
        known = FieldProblem("email", "known", error.detail)
        return await _listed(request, caller, form=given, status=409, problems=[known])
    if let_in.proposal is not None:
        return elsewhere(f"/proposals/{let_in.proposal}", done="proposed")
    return await _invited(request, custody, let_in.invitation, back="/people", whom=asked.name)


@get("/people/{member_id:uuid}", opt={"action": Action.MANAGE_MEMBERS})
async def show_member(
    request: Request[Caller, Any, Any], member_id: FromPath[UUID], caller: FromCaller
) -> Response[str]:
    """One member, and what may be done."""
    return await _member(request, caller, member_id)


@post("/people/{member_id:uuid}/stop", opt={"action": Action.MANAGE_MEMBERS})
async def stop(member_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """End their access."""
    await deactivate(custody, caller, member_id)
    return elsewhere(f"/people/{member_id}", done="stopped")


@post("/people/{member_id:uuid}/invitation", status_code=200, opt={"action": Action.MANAGE_MEMBERS})
async def invite_again(
    request: Request[Caller, Any, Any], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Another invitation in place of a lost one."""
    issued = await invite_instead(custody, caller, member_id)
    return await _invited(request, custody, issued, back=f"/people/{member_id}", whom="")


@post("/people/{member_id:uuid}/superior", status_code=200, opt={"action": Action.MANAGE_MEMBERS})
async def take_superior(
    request: Request[Caller, Any, Any], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Who confirms their rights; nobody named leaves it to the administrators."""
    try:
        said = (
            await forms.read(request, Superior) if (await request.form()).get("superior") else Superior(superior=None)
        )
        await name_superior(custody, caller, member_id, said.superior)
    except Invalid as error:
        return await _member(request, caller, member_id, status=422, problems=list(error.problems))
    return elsewhere(f"/people/{member_id}", done="superior")


@post("/people/{member_id:uuid}/recovery", status_code=200, opt={"action": Action.MANAGE_MEMBERS})
async def propose_back(
    request: Request[Caller, Any, Any], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Propose to give the account back to its owner."""
    member = await _found(caller, member_id)
    try:
        said = await forms.read(request, RecoveryForm)
        made = await propose_recovery(custody, caller, member.email, reason=said.reason)
    except Invalid as error:
        return await _member(request, caller, member_id, status=422, problems=list(error.problems))
    return elsewhere(f"/proposals/{made.id}", done="proposed")


def state_of(member: Member) -> tuple[str, str]:
    """Where a member stands, in words, and the tone of it."""
    if not member.active:
        return mark("access stopped"), "off"
    if not is_machine(member.roles) and member.came_in_at is None:
        return mark("invited, has not come in yet"), "warn"
    return mark("in use"), "good"


def is_machine(roles: Sequence[str]) -> bool:
    """Whether it is nobody who could sign in."""
    return bool(roles) and MACHINES.issuperset(roles)


async def _invited(
    request: Request[Caller, Any, Any], custody: Custody, issued: Issued | None, *, back: str, whom: str
) -> Response[str]:
    """The invitation, at the only moment it is shown, with where it is taken up."""
    given: dict[str, Any] = {"issued": issued, "origin": custody.origin, "back": back, "whom": whom}
    return await show(request, "invited", "members", **given)


async def _listed(
    request: Request[Caller, Any, Any],
    caller: Caller,
    *,
    form: dict[str, Any] | None = None,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
) -> Response[str]:
    found = [member for member in await members(caller) if not is_machine(member.roles)]
    return await show(
        request,
        "members",
        "members",
        status=status,
        problems=problems,
        members=found,
        states={member.id: state_of(member) for member in found},
        seen=await last_acts(caller),
        roles=[(role, word) for role, word in words_of(Role) if role not in NEVER_INVITED],
        form=form or {},
    )


async def _member(
    request: Request[Caller, Any, Any],
    caller: Caller,
    member_id: UUID,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
) -> Response[str]:
    member = await _found(caller, member_id)
    others = [one for one in await colleagues(caller) if one.active and one.id != member_id]
    return await show(
        request,
        "member",
        "members",
        status=status,
        problems=problems,
        member=member,
        state=state_of(member),
        machine=is_machine(member.roles),
        seen=(await last_acts(caller)).get(member_id),
        superiors=[(str(one.id), one.name) for one in others if not one.roles.isdisjoint(SUPERIORS)],
    )


async def _found(caller: Caller, member_id: UUID) -> Member:
    """Raises NotFound."""
    for member in await members(caller):
        if member.id == member_id:
            return member
    raise NotFound
