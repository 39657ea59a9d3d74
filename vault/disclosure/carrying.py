"""What two persons approved is checked once more and carried out by the worker, with nobody logged in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from tenants.disclosing import DisclosureEvent
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure import rows
from vault.disclosure.model import Disclosure

log = structlog.get_logger()

Ready = Callable[[Disclosure], Awaitable[bool]]
"""Whether all that a disclosure needs to be given is there, such as a key to seal to; in the open scope."""

Give = Callable[[Custody, Disclosure], Awaitable[bool]]
"""Gives what was approved, outside of any scope, and takes the step (`steps.move`) when it is done.

It is asked only after the rule and the scope were checked again; may be killed anywhere and is called again for as
long as the disclosure is approved and ready. Returns whether nothing is left to do now.
"""


@dataclass(frozen=True)
class Giver:
    """How one way of giving is carried out."""

    ready: Ready
    give: Give


Givers = Mapping[DisclosureEvent, Giver]
"""By `KindNeeds.gives`: who packs, who opens a grant, who sends."""


async def is_due(tenant: UUID, givers: Givers, now: datetime) -> bool:
    """Whether anything is to be carried out; in the controller's open scope."""
    return bool(await _ready(tenant, givers))


async def carry_out(custody: Custody, givers: Givers, tenant: UUID) -> bool:
    """Carry out what was approved. May be killed anywhere and run again.

    Returns:
        Whether nothing is left to do now.
    """
    async with tenant_scope(tenant):
        ready = await _ready(tenant, givers)
    finished = True
    for disclosure_id in ready:
        try:
            finished &= await _carry_out(custody, givers, tenant, disclosure_id)
        except Exception as error:  # one that fails is tried again; the next one is another's right
            log.error(
                "disclosure.failed", tenant=str(tenant), disclosure=str(disclosure_id), error=type(error).__name__
            )
            finished = False
    return finished


async def _ready(tenant: UUID, givers: Givers) -> list[UUID]:
    found = await DB.fetch(
        "SELECT * FROM disclosure WHERE tenant_id = $1 AND state = 'approved' ORDER BY decided_at, id", tenant
    )
    approved = [one.disclosure for one in await rows.stored(tenant, found)] if found else []
    return [one.id for one in approved if one.needs.gives in givers and await givers[one.needs.gives].ready(one)]


async def _carry_out(custody: Custody, givers: Givers, tenant: UUID, disclosure_id: UUID) -> bool:
    disclosure = await rows.load(custody, tenant, disclosure_id)
    return await givers[disclosure.needs.gives].give(custody, disclosure)
