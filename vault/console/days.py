"""Which day it is for a controller: a day of its own time zone, as its clocks and promises run."""

from datetime import date
from zoneinfo import ZoneInfo

from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy


async def today_of(custody: Custody, caller: Caller) -> date:
    """Today where the caller's controller is."""
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
    return now.astimezone(ZoneInfo(whose.contract.time_zone)).date()
