"""A directory's groups: it says who is in them, and an administrator of the controller what roles they stand for."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from scim2_models import ConflictException, InvalidValueException, PatchOp, SearchRequest, UniquenessException

from tenants.decisions import Action
from vault import sessions
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import NotFound
from vault.identity import group_rows
from vault.identity.group_rows import Kept, Written
from vault.identity.roles import follow, lock_directory, settle
from vault.identity.scim_models import POLICY, Group
from vault.identity.scim_search import Page, indexed, page, span
from vault.identity.scim_users import ATTEMPTS, require_version
from vault.identity.user_rows import as_uuid

TAKEN = "Another group has this name already."


async def create(custody: Custody, caller: Caller, group: Group) -> Kept:
    """Make a group; it stands for no role until an administrator says so.

    Raises:
        NotAllowed: the caller is no provisioning machine.
        UniquenessException: the name is another group's.
        InvalidValueException: somebody in it is nobody whom the directory keeps.
    """
    caller.require(Action.PROVISION)
    tenant, now, group_id = caller.tenant, custody.clock.now(), uuid4()
    members = _members(group)
    written = await asyncio.to_thread(group_rows.write, custody, tenant, group_id, group, now=now)
    async with tenant_scope(tenant):
        await lock_directory(tenant)
        await _require_sound(tenant, written, members)
        await group_rows.insert(tenant, written, now=now)
        await group_rows.put_members(tenant, group_id, (), members)
        event = audit.Event(
            act="group.provisioned", actor=caller.id, object_id=group_id, details={"members": len(members)}
        )
        await audit.record(tenant, event, now=now)
        await follow(tenant, [group_id], by=caller.id, now=now)
    return await read(custody, caller, group_id)


async def read(custody: Custody, caller: Caller, group_id: UUID) -> Kept:
    """One group. Raises NotAllowed, NotFound."""
    caller.require(Action.PROVISION)
    return await _read(custody, caller, group_id)


async def search(custody: Custody, caller: Caller, asked: "SearchRequest[Any]") -> Page[Group]:
    """The groups that a filter finds, a page of them. Raises NotAllowed."""
    caller.require(Action.PROVISION)
    tenant, by_index = caller.tenant, indexed(asked)
    if asked.filter is None and asked.sort_by is None:
        skipped, count = span(asked)
        async with tenant_scope(tenant):
            total = await group_rows.count(tenant)
            rows = await group_rows.find(tenant, "true", limit=count, offset=skipped)
        kept = await asyncio.to_thread(group_rows.opened, custody, rows, now=custody.clock.now())
        return Page([each.group for each in kept], total, skipped + 1)
    condition, *values = group_rows.condition(custody, tenant, by_index) if by_index else ("true",)
    async with tenant_scope(tenant):
        rows = await group_rows.find(tenant, condition, *values)
    kept = await asyncio.to_thread(group_rows.opened, custody, rows, now=custody.clock.now())
    return await asyncio.to_thread(page, asked, [each.group for each in kept])


async def replace(custody: Custody, caller: Caller, group_id: UUID, group: Group, *, if_match: str | None) -> Kept:
    """Say all of a group anew. Raises as `patch`."""

    def changed(before: Group) -> Group:
        group.replace(before)
        return group

    return await _change(custody, caller, group_id, changed, if_match)


async def patch(
    custody: Custody, caller: Caller, group_id: UUID, operations: "PatchOp[Group]", *, if_match: str | None
) -> Kept:
    """Change a group; whoever comes or goes has other roles at once.

    Raises:
        NotAllowed, NotFound.
        PreconditionFailedException: it is not of the version that the caller saw last.
        UniquenessException, InvalidValueException: as `create`.
        SCIMException: an operation cannot be done.
    """

    def changed(before: Group) -> Group:
        operations.patch(before, scim_policy=POLICY)
        return before

    return await _change(custody, caller, group_id, changed, if_match)


async def delete(custody: Custody, caller: Caller, group_id: UUID, *, if_match: str | None) -> None:
    """Drop a group; nobody has a role by it any more. Raises NotAllowed, NotFound, PreconditionFailedException."""
    caller.require(Action.PROVISION)
    tenant, now = caller.tenant, custody.clock.now()
    async with tenant_scope(tenant):
        await lock_directory(tenant)
        rows = await group_rows.find(tenant, "g.id = $2", group_id)
        if not rows:
            raise NotFound
        require_version(if_match, rows[0].version)
        await group_rows.drop(tenant, group_id)
        await follow(tenant, [group_id], by=caller.id, now=now)
        event = audit.Event(act="group.removed", actor=caller.id, object_id=group_id)
        await audit.record(tenant, event, now=now)
        changed = await settle(tenant, rows[0].members, by=caller.id, now=now)
    await _forget(custody, tenant, changed)


async def _read(custody: Custody, caller: Caller, group_id: UUID) -> Kept:
    async with tenant_scope(caller.tenant):
        rows = await group_rows.find(caller.tenant, "g.id = $2", group_id)
    kept = await asyncio.to_thread(group_rows.opened, custody, rows, now=custody.clock.now())
    if not kept:
        raise NotFound
    return kept[0]


async def _change(
    custody: Custody, caller: Caller, group_id: UUID, change: Callable[[Group], Group], if_match: str | None
) -> Kept:
    tenant = caller.tenant
    for _ in range(ATTEMPTS):
        before, now = await read(custody, caller, group_id), custody.clock.now()
        require_version(if_match, before.row.version)
        wanted = await asyncio.to_thread(change, before.group.model_copy(deep=True))
        members, were = _members(wanted), set(before.row.members)
        written = await asyncio.to_thread(group_rows.write, custody, tenant, group_id, wanted, now=now)
        async with tenant_scope(tenant):
            await lock_directory(tenant)
            if not await group_rows.update(tenant, written, version=before.row.version, now=now):
                continue
            await _require_sound(tenant, written, members - were)
            await group_rows.put_members(tenant, group_id, were, members)
            details = {"added": len(members - were), "removed": len(were - members)}
            event = audit.Event(act="group.changed", actor=caller.id, object_id=group_id, details=details)
            await audit.record(tenant, event, now=now)
            changed = await settle(tenant, members ^ were, by=caller.id, now=now)
            await follow(tenant, [group_id], by=caller.id, now=now)
        await _forget(custody, tenant, changed)
        return await read(custody, caller, group_id)
    raise ConflictException(detail="Others change it at the same time.")


async def _require_sound(tenant: UUID, written: Written, members: set[UUID]) -> None:
    if await group_rows.taken(tenant, written):
        raise UniquenessException(detail=TAKEN)
    if members - await group_rows.kept_people(tenant, members):
        raise InvalidValueException(detail="A member is nobody whom this directory keeps here.")


def _members(group: Group) -> set[UUID]:
    found = [as_uuid(member.value) for member in group.members or []]
    if any(member is None for member in found):
        raise InvalidValueException(detail="A member is nobody whom this directory keeps here.")
    return {member for member in found if member is not None}


async def _forget(custody: Custody, tenant: UUID, members: Sequence[UUID]) -> None:
    for member_id in members:
        await sessions.forget_all(custody, tenant, member_id)
