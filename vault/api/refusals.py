"""Whoever is signed in and asks for what they may not leaves a trace of it, once, whatever refused them."""

from typing import Any

import structlog
from litestar.types import Scope

from tenants.decisions import Refused
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import NotAllowed, RefusedByPolicy

REFUSED = "request.refused"

log = structlog.get_logger()


async def note_refusal(error: Exception, scope: Scope) -> None:
    """Write into the log that a request was refused, unless what refused it has done so; called for every error."""
    caller: Any = scope.get("user")
    if not isinstance(caller, Caller) or not isinstance(error, NotAllowed | RefusedByPolicy | Refused):
        return
    if audit.told_of_refusal():
        return
    reason = "refused-by-policy" if isinstance(error, Refused) else error.slug
    operation = getattr(scope.get("route_handler"), "operation_id", None)
    details = {"reason": reason} | ({"operation": operation} if isinstance(operation, str) else {})
    custody: Custody = scope["litestar_app"].state.custody
    try:
        async with tenant_scope(caller.tenant):
            event = audit.Event(act=REFUSED, actor=caller.id, outcome="refused", details=details)
            await audit.record(caller.tenant, event, now=custody.clock.now())
    except Exception as failure:  # the refusal stands all the same
        log.error("refusal.not_recorded", error=type(failure).__name__)
