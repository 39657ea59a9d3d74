"""What comes back altered is nobody's mistake to pass over: it is logged and in the controller's own log at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from vault.access.kept import KeptRecording
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.errors import Altered

ALTERED = "part.found_altered"

log = structlog.get_logger()


@asynccontextmanager
async def alarmed(custody: Custody, caller: Caller, recording: KeptRecording, part: str) -> AsyncIterator[None]:
    """Let `Altered` pass, but not in silence."""
    try:
        yield
    except Altered as error:
        cause = type(error.__cause__ or error).__name__
        log.error(ALTERED, recording=str(recording.id), part=part, cause=cause)
        event = audit.Event(
            act=ALTERED, actor=caller.id, object_id=recording.id, details={"part": part, "cause": cause}
        )
        async with tenant_scope(caller.tenant):
            await audit.record(caller.tenant, event, now=custody.clock.now())
        raise
