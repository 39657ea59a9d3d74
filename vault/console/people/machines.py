"""Machines and their tokens: issued and shown once, listed with their last use, replaced with an overlap, ended."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from tenants.actions import ROLES
from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.accounts import Email, Short
from vault.api.dependencies import FromCaller, InCustody, WithSessions
from vault.api.tokens import ReplacementRequest
from vault.api.tokens import Subject as CertificateSubject
from vault.console import forms
from vault.console.language import term
from vault.console.people.members import is_machine
from vault.console.people.tabs import show
from vault.console.people.teams import told
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.custody.tables import Member
from vault.errors import Conflict, FieldProblem, Invalid
from vault.identity import tokens
from vault.identity.inviting import add_member
from vault.identity.own import is_stale
from vault.identity.tokens import MACHINES, NewToken, Token
from vault.members import NewMember, members

MANAGED = {"action": Action.MANAGE_TOKENS}
HOUR: Final = timedelta(hours=1)
AGAIN: Final = "/sign-in?again=1&next=/people/machines"


@dataclass(frozen=True)
class Machine:
    """A machine with its live tokens."""

    member: Member
    tokens: list[Token]
    scopes: list[tuple[str, str]]


class MachineForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine that is to be let in; its address is where somebody answers for it."""

    name: Short
    email: Email
    role: Role


class TokenForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token is good for; without a last day, 90 days."""

    scopes: Annotated[list[Action], Meta(max_length=len(Action))] = []
    last_day: date | None = None
    certificate_subject: CertificateSubject | None = None


@get("/people/machines", opt=MANAGED)
async def list_machines(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Every machine with its tokens."""
    return await _listed(request, custody, caller)


@post("/people/machines", status_code=200, opt=MANAGED)
async def make_machine(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Let a machine in; it has no token yet."""
    given = forms.fields(await request.form())
    try:
        asked = forms.shaped(given, MachineForm)
        if asked.role not in MACHINES:
            raise Invalid("It is no machine's role.", [FieldProblem("role", "machine", "It is no machine's role.")])
        await add_member(custody, caller, NewMember(email=asked.email, name=asked.name, roles=(asked.role,)))
    except (Invalid, Conflict) as error:
        return await _listed(request, custody, caller, status=422, problems=told(error, "email"), form=given)
    return elsewhere("/people/machines", done="made")


@post("/people/machines/{member_id:uuid}/tokens", status_code=200, opt=MANAGED)
async def issue_token(
    request: Request[Caller, Any, Any], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """A token, shown once."""
    if is_stale(custody, caller):
        return elsewhere(AGAIN)
    given = forms.fields(await request.form(), frozenset({"scopes"}))
    try:
        asked = forms.shaped(given, TokenForm)
        expires_at = forms.end_of(asked.last_day, "last_day") if asked.last_day else None
        new = NewToken(scopes=asked.scopes, expires_at=expires_at, certificate_subject=asked.certificate_subject)
        issued = await tokens.issue(custody, caller, member_id, new)
    except (Invalid, Conflict) as error:
        problems = [
            FieldProblem({"expires_at": "last_day"}.get(one.field, one.field), one.rule, one.detail)
            for one in told(error, "last_day")
        ]
        return await _listed(request, custody, caller, status=422, problems=problems, form=given)
    return await show(request, "token", "machines", issued=issued, old_ends_at=None)


@post("/people/machines/tokens/{token_id:uuid}/rotation", status_code=200, opt=MANAGED)
async def rotate_token(
    request: Request[Caller, Any, Any], token_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Another token in place of one; both are good for some hours."""
    if is_stale(custody, caller):
        return elsewhere(AGAIN)
    try:
        asked = await forms.read(request, ReplacementRequest)
        replaced = await tokens.replace(custody, caller, token_id, overlap=asked.overlap_hours * HOUR)
    except (Invalid, Conflict) as error:
        problems = told(error, "overlap_hours")
        return await _listed(request, custody, caller, status=422, problems=problems)
    return await show(request, "token", "machines", issued=replaced.issued, old_ends_at=replaced.old_ends_at)


@post("/people/machines/tokens/{token_id:uuid}/revocation", opt=MANAGED)
async def revoke_token(token_id: FromPath[UUID], sessions: WithSessions, caller: FromCaller) -> Response[str]:
    """End it at once."""
    await sessions.revoke(caller, token_id)
    return elsewhere("/people/machines", done="revoked")


def _scopes(member: Member) -> list[tuple[str, str]]:
    """What a machine's roles allow, for a token to be narrowed to."""
    roles = frozenset(map(Role, member.roles))
    return [(action.value, term(action)) for action in Action if not roles.isdisjoint(ROLES.get(action, frozenset()))]


async def _listed(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    found = [member for member in await members(caller) if is_machine(member.roles) and member.active]
    live = await tokens.tokens_by_member(custody, caller, [member.id for member in found])
    roles = [(role.value, term(role)) for role in sorted(MACHINES)]
    return await show(
        request,
        "machines",
        "machines",
        status=status,
        problems=problems,
        machines=[Machine(member, live[member.id], _scopes(member)) for member in found],
        machine_roles=roles,
        form=form or {},
        again=AGAIN if is_stale(custody, caller) else None,
    )
