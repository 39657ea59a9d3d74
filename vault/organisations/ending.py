"""An organisation to which nothing may be given any more is ended at once, and its people with it."""

from dataclasses import replace
from uuid import UUID

from tenants.decisions import Action
from vault import sessions
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict
from vault.members import stop
from vault.organisations import rows
from vault.organisations.model import Organisation


async def end(custody: Custody, caller: Caller, organisation: UUID) -> Organisation:
    """End an organisation's registration. One person does it: it takes away and gives nothing, and may be urgent.

    Its named persons sign in no more. What is asked for in its name is stopped and what it may listen to is ended by
    the checks that are made at each step.

    Raises:
        NotAllowed: the caller neither administers the controller nor is its DPO.
        NotFound: no such organisation of this controller.
        Conflict: it has ended already.
    """
    caller.require(Action.REGISTER_ORGANISATION)
    now, tenant = custody.clock.now(), caller.tenant
    async with tenant_scope(tenant):
        found = rows.read(await rows.fetch(tenant, organisation, lock=True))
        if found.ended_at is not None:
            raise Conflict("This organisation is registered no more already.")
        await DB.fetch(
            "UPDATE organisation SET ended_at = $3, ended_by = $4 WHERE tenant_id = $1 AND id = $2",
            tenant,
            organisation,
            now,
            caller.id,
        )
        persons = await DB.fetch(
            "SELECT m.id FROM organisation_person p JOIN member m ON m.tenant_id = p.tenant_id AND m.id = p.member_id"
            " WHERE p.tenant_id = $1 AND p.organisation_id = $2 AND m.active ORDER BY m.id",
            tenant,
            organisation,
        )
        for person in persons:
            await stop(tenant, person["id"], by=caller.id, now=now)
        details = {"kind": found.entry.kind.value, "persons": len(persons)}
        event = audit.Event(act="organisation.ended", actor=caller.id, object_id=organisation, details=details)
        await audit.record(tenant, event, now=now)
    for person in persons:
        await sessions.forget_all(custody, tenant, person["id"])
    return replace(found, ended_at=now, ended_by=caller.id)
