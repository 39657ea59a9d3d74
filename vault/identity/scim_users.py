"""A directory's people: let in, changed and stopped by its provisioning machine, at once and in every process.

Somebody who was invited by hand stays the administrators' own: the directory neither takes over nor stops them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from scim2_models import (
    ConflictException,
    InvalidValueException,
    PatchOp,
    PreconditionFailedException,
    SearchRequest,
    UniquenessException,
)

from tenants.decisions import Action
from tenants.four_eyes import is_second_person
from vault import sessions
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import NotFound
from vault.identity import user_rows
from vault.identity.roles import follow, lock_directory, set_roles
from vault.identity.scim_models import POLICY, Person, address_of, etag
from vault.identity.scim_search import Page, indexed, page, span
from vault.identity.taking_up import tell_changed
from vault.identity.user_rows import Kept, Written
from vault.members import LastAdministrator, active_again, require_another_administrator, stop
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

ATTEMPTS = 5
"""How often a change is begun anew because another came between."""

TAKEN = "Another member has this user name or e-mail address already."

LAST = "This is the controller's last administrator. Let another one in first; then this one can be stopped."

VOUCHED_BY = ("email", "external_id")
"""By which of what is said of somebody a provider's word is taken for theirs."""


async def create(custody: Custody, caller: Caller, person: Person) -> Kept:
    """Let somebody in; they have the roles of the groups that they are put into.

    Raises:
        NotAllowed: the caller is no provisioning machine.
        UniquenessException: the user name, or the e-mail address, is another member's.
        InvalidValueException: there is no e-mail address.
    """
    caller.require(Action.PROVISION)
    tenant, now = caller.tenant, custody.clock.now()
    _require_address(person)
    async with tenant_scope(tenant):
        comes_back = await user_rows.let_go(tenant, str(address_of(person)))
    member_id = comes_back or uuid4()
    written = await asyncio.to_thread(user_rows.write, custody, tenant, member_id, person, now=now)
    async with tenant_scope(tenant):
        await lock_directory(tenant)
        await _require_free(tenant, written)
        store = user_rows.bring_back if comes_back else user_rows.insert
        if not await store(tenant, written, now=now):
            raise UniquenessException(detail=TAKEN)
        event = audit.Event(act="member.provisioned", actor=caller.id, object_id=member_id)
        await audit.record(tenant, event, now=now)
        if not written.active:
            await stop(tenant, member_id, by=caller.id, now=now)
    return await read(custody, caller, member_id)


async def read(custody: Custody, caller: Caller, member_id: UUID) -> Kept:
    """One person. Raises NotAllowed, NotFound."""
    caller.require(Action.PROVISION)
    async with tenant_scope(caller.tenant):
        rows = await user_rows.find(caller.tenant, "u.member_id = $2", member_id)
    kept = await asyncio.to_thread(user_rows.opened, custody, rows, now=custody.clock.now())
    if not kept:
        raise NotFound
    return kept[0]


async def search(custody: Custody, caller: Caller, asked: "SearchRequest[Any]") -> Page[Person]:
    """The people that a filter finds, a page of them. Raises NotAllowed."""
    caller.require(Action.PROVISION)
    tenant, by_index = caller.tenant, indexed(asked)
    if asked.filter is None and asked.sort_by is None:
        skipped, count = span(asked)
        async with tenant_scope(tenant):
            total = await user_rows.count(tenant)
            rows = await user_rows.find(tenant, "true", limit=count, offset=skipped)
        kept = await asyncio.to_thread(user_rows.opened, custody, rows, now=custody.clock.now())
        return Page([each.person for each in kept], total, skipped + 1)
    condition, *values = user_rows.condition(custody, tenant, by_index) if by_index else ("true",)
    async with tenant_scope(tenant):
        rows = await user_rows.find(tenant, condition, *values)
    kept = await asyncio.to_thread(user_rows.opened, custody, rows, now=custody.clock.now())
    return await asyncio.to_thread(page, asked, [each.person for each in kept])


async def replace(custody: Custody, caller: Caller, member_id: UUID, person: Person, *, if_match: str | None) -> Kept:
    """Say all of somebody anew. Raises as `patch`."""

    def changed(before: Person) -> Person:
        person.replace(before)
        return person

    return await _change(custody, caller, member_id, changed, if_match)


async def patch(
    custody: Custody, caller: Caller, member_id: UUID, operations: "PatchOp[Person]", *, if_match: str | None
) -> Kept:
    """Change some of what is said of somebody; `active: false` stops them everywhere within seconds.

    Raises:
        NotAllowed, NotFound.
        PreconditionFailedException: it is not of the version that the caller saw last.
        UniquenessException, InvalidValueException: as `create`.
        ConflictException: it would stop the last administrator.
        SCIMException: an operation cannot be done.
    """

    def changed(before: Person) -> Person:
        operations.patch(before, scim_policy=POLICY)
        return before

    return await _change(custody, caller, member_id, changed, if_match)


async def delete(custody: Custody, caller: Caller, member_id: UUID, *, if_match: str | None) -> None:
    """Let somebody go: what the directory said of them is dropped, and that they were here stays.

    Raises:
        NotAllowed, NotFound, PreconditionFailedException.
        ConflictException: it is the last administrator.
    """
    caller.require(Action.PROVISION)
    tenant, now = caller.tenant, custody.clock.now()
    async with _keeping_an_administrator(tenant, member_id, now), tenant_scope(tenant):
        await lock_directory(tenant)
        rows = await user_rows.find(tenant, "u.member_id = $2", member_id)
        if not rows:
            raise NotFound
        require_version(if_match, rows[0].version)
        await require_another_administrator(tenant, member_id)
        await user_rows.end(tenant, member_id, now=now)
        await follow(tenant, rows[0].groups, by=caller.id, now=now)
        await stop(tenant, member_id, by=caller.id, now=now)
        await set_roles(tenant, member_id, (), by=caller.id, now=now)
        event = audit.Event(act="member.deprovisioned", actor=caller.id, object_id=member_id)
        await audit.record(tenant, event, now=now)
    await sessions.forget_all(custody, tenant, member_id)


def require_version(if_match: str | None, version: int) -> None:
    """Raises PreconditionFailedException unless the caller has seen this version, or named none."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag(version) not in [tag.strip() for tag in if_match.split(",")]:
        raise PreconditionFailedException(detail="It was changed meanwhile.")


async def _change(
    custody: Custody, caller: Caller, member_id: UUID, change: Callable[[Person], Person], if_match: str | None
) -> Kept:
    tenant = caller.tenant
    for _ in range(ATTEMPTS):
        before, now = await read(custody, caller, member_id), custody.clock.now()
        require_version(if_match, before.row.version)
        # What the directory says itself, and not what an administrator made of it.
        said = before.person.model_copy(deep=True, update={"active": before.row.said})
        wanted = await asyncio.to_thread(change, said.model_copy(deep=True))
        _require_address(wanted)
        if wanted.active is None:
            wanted.active = before.row.said
        written = await asyncio.to_thread(user_rows.write, custody, tenant, member_id, wanted, now=now)
        async with _keeping_an_administrator(tenant, member_id, now), tenant_scope(tenant):
            await lock_directory(tenant)
            await _require_free(tenant, written)
            if not await user_rows.update(tenant, written, version=before.row.version, now=now):
                continue
            changed = user_rows.differences(said, wanted)
            event = audit.Event(act="member.changed", actor=caller.id, object_id=member_id, details={"fields": changed})
            await audit.record(tenant, event, now=now)
            await _tell_of(tenant, member_id, changed, now)
            await _stop_or_bring_back(caller, written, before=before.row.said, now=now)
            await follow(tenant, before.row.groups, by=caller.id, now=now)
        if not written.active:
            await sessions.forget_all(custody, tenant, member_id)
        return await read(custody, caller, member_id)
    raise ConflictException(detail="Others change it at the same time.")


async def _stop_or_bring_back(caller: Caller, written: Written, *, before: bool, now: datetime) -> None:
    """Stop or bring back somebody in the open scope, where the directory says another thing than before.

    Whom an administrator stopped by hand stays stopped while the directory only goes on to say that they are active.
    """
    if before and not written.active:
        await require_another_administrator(caller.tenant, written.member_id)
        await stop(caller.tenant, written.member_id, by=caller.id, now=now)
    if written.active and not before:
        await active_again(written.member_id, now=now)
        event = audit.Event(act="member.activated", actor=caller.id, object_id=written.member_id)
        await audit.record(caller.tenant, event, now=now)


@asynccontextmanager
async def _keeping_an_administrator(tenant: UUID, member_id: UUID, now: datetime) -> AsyncIterator[None]:
    """Refuse what would stop the last administrator, and tell the controller once a day: directories try again.

    Raises:
        ConflictException: nothing of it is done.
    """
    try:
        yield
    except LastAdministrator:
        async with tenant_scope(tenant):
            topic, once = Topic.ADMINISTRATOR_KEPT, f"{now.date()}"
            await tell(tenant, topic, member_id, audience=Audience.BOTH, now=now, once=once)
        raise ConflictException(detail=LAST) from None


async def _tell_of(tenant: UUID, member_id: UUID, changed: Sequence[str], now: datetime) -> None:
    """Tell the DPO where somebody else could be vouched for as one who decides, in the open scope."""
    told = [each for each in VOUCHED_BY if each in changed]
    found = await DB.fetch("SELECT roles FROM member WHERE tenant_id = $1 AND id = $2", tenant, member_id)
    for each in told if is_second_person(found[0]["roles"]) else ():
        await tell_changed(tenant, member_id, each, now=now)


def _require_address(person: Person) -> None:
    if address_of(person) is None:
        raise InvalidValueException(detail="An e-mail address is needed: in emails, or as the userName.")


async def _require_free(tenant: UUID, written: Written) -> None:
    if await user_rows.taken(tenant, written):
        raise UniquenessException(detail=TAKEN)
