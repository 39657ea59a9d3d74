"""What a controller may read of its own log: as it was written, so that whoever doubts can recompute the tree."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.auditing import exporting, searching
from vault.auditing.events import Told
from vault.auditing.exporting import Form
from vault.auditing.searching import Wanted
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope

SEARCHED: Final = "audit.searched"
EXPORTED: Final = "audit.exported"


async def events(caller: Caller, *, after: int, limit: int) -> list[dict[str, Any]]:
    """The controller's events after a number, in order, as `audit.page` gives them and `audit.verify` takes them.

    Raises:
        NotAllowed: the caller is neither its DPO nor its administrator.
    """
    caller.require(Action.READ_AUDIT)
    async with tenant_scope(caller.tenant):
        return await audit.page(caller.tenant, after=after, limit=limit)


async def head(caller: Caller) -> audit.Head:
    """Where the controller's log stands now; whoever keeps it can show later that nothing before it was changed.

    Raises:
        NotAllowed: the caller is neither its DPO nor its administrator.
    """
    caller.require(Action.READ_AUDIT)
    async with tenant_scope(caller.tenant):
        return await audit.head(caller.tenant)


async def search(
    custody: Custody, caller: Caller, wanted: Wanted, *, before: int | None = None, limit: int
) -> list[Told]:
    """Events of the controller's log that are wanted, the newest first; that it was searched stands in it too.

    Args:
        before: the number of the last event that was read, for the next page.

    Raises:
        NotAllowed: the caller is neither its DPO nor its administrator.
    """
    caller.require(Action.READ_AUDIT)
    await _sealed(caller.tenant)
    async with tenant_scope(caller.tenant):
        found = await searching.search(caller.tenant, wanted, before=before, limit=limit)
        details = {"filters": wanted.names(), "found": len(found)}
        event = audit.Event(act=SEARCHED, actor=caller.id, details=details)
        await audit.record(caller.tenant, event, now=custody.clock.now())
    return found


async def export(custody: Custody, caller: Caller, form: Form, wanted: Wanted, *, after: int) -> AsyncIterator[bytes]:
    """The controller's log as it stands now, in pieces of a file; that it was taken out stands in it from then on.

    Args:
        after: only events with a greater number.

    Raises:
        NotAllowed: the caller is neither its DPO nor its administrator.
    """
    caller.require(Action.READ_AUDIT)
    through = await _sealed(caller.tenant)
    async with tenant_scope(caller.tenant):
        event = audit.Event(act=EXPORTED, actor=caller.id, details={"form": form.value, "until": through})
        await audit.record(caller.tenant, event, now=custody.clock.now())
    return exporting.exported(caller.tenant, form, wanted, after=after, through=through)


async def _sealed(tenant: UUID) -> int:
    """How many events there are once what waits is sealed; in a scope of its own, which frees the log's end at once."""
    async with tenant_scope(tenant):
        return await audit.seal(tenant)
