"""What roles a directory's groups stand for: an administrator says so, and a second one where such a role decides.

One who could say alone that a group makes administrators, and puts people into it as its provisioning machine, would be
both persons wherever two decide.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from tenants.decisions import Action
from tenants.directory import unmappable
from tenants.four_eyes import is_second_person
from tenants.vocabulary import Role
from vault import sessions
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import FieldProblem, Invalid, NotFound
from vault.identity import group_rows
from vault.identity.inviting import is_alone
from vault.identity.own import require_not_stale
from vault.identity.roles import follow, lock_directory, settle
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal

MAP: Final = "map_directory_group"


@dataclass(frozen=True, kw_only=True)
class MappedGroup:
    """A group as administrators see it; with `proposal` another one has to confirm what it is to stand for."""

    id: UUID
    name: str = field(repr=False)
    members: int
    roles: tuple[str, ...]
    proposal: UUID | None = None


async def mapped(custody: Custody, caller: Caller) -> list[MappedGroup]:
    """The directory's groups and what they stand for, for an administrator. Raises NotAllowed."""
    caller.require(Action.MANAGE_SIGN_IN)
    async with tenant_scope(caller.tenant):
        rows = await group_rows.find(caller.tenant, "true")
    kept = await asyncio.to_thread(group_rows.opened, custody, rows, now=custody.clock.now())
    return [_mapped(each) for each in kept]


async def map_group(
    custody: Custody, caller: Caller, group_id: UUID, roles: Sequence[Role], *, reason: str | None = None
) -> MappedGroup:
    """Say what roles a group stands for; whoever is in it has them at once, and others no more.

    Where it would newly stand for a role that decides it is proposed to another administrator, once one has come in.

    Args:
        reason: why, for that other administrator.

    Raises:
        NotAllowed: the caller is no administrator of the controller, or has not signed in just now and the group would
            stand for a role that decides.
        NotFound: no such group.
        Invalid: a role that nobody gets from a directory, or a reason that is missing.
    """
    caller.require(Action.MANAGE_SIGN_IN)
    if is_second_person(roles):
        require_not_stale(custody, caller)
    if wrong := unmappable(roles):
        rule = FieldProblem("roles", "directory", f"Nobody gets these from a directory: {', '.join(wrong)}.")
        raise Invalid("A directory does not decide on such a role.", [rule])
    tenant, now = caller.tenant, custody.clock.now()
    async with tenant_scope(tenant):
        await lock_directory(tenant)
        before = await _row(tenant, group_id)
        by_two = is_second_person(set(roles) - set(before.roles)) and not await is_alone(caller)
        changed = [] if by_two else await _map(tenant, group_id, roles, by=caller.id, now=now)
    for member_id in changed:
        await sessions.forget_all(custody, tenant, member_id)
    async with tenant_scope(tenant):
        row = await _row(tenant, group_id)
    (kept,) = await asyncio.to_thread(group_rows.opened, custody, [row], now=now)
    return _mapped(kept, await _propose(custody, caller, kept, roles, reason) if by_two else None)


async def _propose(
    custody: Custody, caller: Caller, kept: group_rows.Kept, roles: Sequence[Role], reason: str | None
) -> UUID:
    if reason is None:
        sentence = "Another administrator confirms what makes administrators or DPOs: say why."
        raise Invalid(sentence, [FieldProblem("reason", "second-person", sentence)])
    draft = Draft(
        action=MAP,
        reason=reason,
        object_id=kept.row.id,
        terms={"roles": sorted(set(roles))},
        sealed_terms={"group": kept.group.display_name or ""},
    )
    return (await propose(custody, HANDLERS, caller, caller.tenant, draft)).id


async def _check(_: Custody, proposal: Proposal) -> Mapping[str, Any]:
    async with tenant_scope(proposal.tenant):
        return {"members": len((await _row(proposal.tenant, _of(proposal))).members)}


async def _carry_out(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Map it in the open scope of the decision; whose roles change is signed out by the catalogue itself."""
    by, roles = proposal.decided_by or proposal.proposed_by, [Role(role) for role in proposal.terms["roles"]]
    changed = await _map(proposal.tenant, _of(proposal), roles, by=by, now=custody.clock.now())
    return {"members": len(changed)}


async def _map(tenant: UUID, group_id: UUID, roles: Sequence[Role], *, by: UUID, now: datetime) -> list[UUID]:
    """In the open scope; gives whose roles changed."""
    row = await _row(tenant, group_id)
    await group_rows.set_group_roles(tenant, group_id, sorted(set(roles)))
    details = {"roles": sorted(set(roles))}
    await audit.record(tenant, audit.Event(act="group.mapped", actor=by, object_id=group_id, details=details), now=now)
    changed = await settle(tenant, row.members, by=by, now=now)
    await follow(tenant, [group_id], by=by, now=now)
    return changed


async def _row(tenant: UUID, group_id: UUID) -> group_rows.Row:
    rows = await group_rows.find(tenant, "g.id = $2", group_id)
    if not rows:
        raise NotFound
    return rows[0]


def _of(proposal: Proposal) -> UUID:
    if proposal.object_id is None:
        raise RuntimeError("A mapping is some group's.")
    return proposal.object_id


def _mapped(kept: group_rows.Kept, proposal: UUID | None = None) -> MappedGroup:
    name, row = kept.group.display_name or "", kept.row
    return MappedGroup(id=row.id, name=name, members=len(row.members), roles=tuple(row.roles), proposal=proposal)


HANDLERS: Handlers = MappingProxyType(
    {MAP: Handler(Action.MANAGE_SIGN_IN, Action.MANAGE_SIGN_IN, _check, at_once=_carry_out, first=lock_directory)}
)
"""Both are administrators of the controller's."""
