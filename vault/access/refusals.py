"""Whoever is refused is told by which promise, and that it was asked for stands in the log."""

from datetime import datetime
from uuid import UUID

from msgspec import to_builtins

from tenants.decisions import Decision
from vault.access.kept import Kept, KeptRecording
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM, tenant_scope
from vault.custody.register import Tenancy
from vault.errors import Destroyed, NotAllowed, NotFound

SEARCHED, DESCRIBED, OPENED = "recordings.searched", "recording.described", "access.opened"
"""The acts that can be refused, as the log names them."""


async def refuse_operators(custody: Custody, caller: Caller, act: str) -> None:
    """The outsourcing firm's operators hear nothing and find nothing, whatever a policy says.

    Raises:
        NotAllowed: the caller is one; that is in the firm's own log.
    """
    if caller.tenant != PLATFORM:
        return
    async with tenant_scope(PLATFORM):
        event = audit.Event(act=act, actor=caller.id, outcome="refused", details={"rule": "operator"})
        await audit.record(PLATFORM, event, now=custody.clock.now())
    raise NotAllowed("Recordings belong to the controllers; the outsourcing firm's operators have no right to them.")


async def record_refusal(
    caller: Caller,
    act: str,
    decision: Decision,
    whose: Tenancy,
    *,
    now: datetime,
    recording_id: UUID | None = None,
    purpose: str | None = None,
) -> None:
    """Append the refusal to the controller's log, in the open scope.

    A purpose that the policy does not name is left out: it is whatever the caller wrote.
    """
    event = audit.Event(
        act=act,
        actor=caller.id,
        object_id=recording_id,
        purpose=purpose if purpose in whose.policy.purposes.allowed else None,
        clause=decision.clause.id if decision.clause else None,
        outcome="refused",
        details={"rule": decision.rule, "policy_version": whose.policy.version},
    )
    await audit.record(caller.tenant, event, now=now)


async def enforce(
    caller: Caller, act: str, decision: Decision, held: Kept, *, part: str | None = None, purpose: str | None = None
) -> None:
    """Let pass what is permitted; record and tell what is not.

    Args:
        part: the part that was asked for; None where it was the recording as a whole.

    Raises:
        Destroyed: it was here and has gone.
        NotFound: the person must not learn that it is here.
        Refused: with the clause.
    """
    if decision.permitted:
        return
    recording = held.recording
    async with tenant_scope(caller.tenant):
        await record_refusal(
            caller, act, decision, held.tenancy, now=recording.at, recording_id=recording.id, purpose=purpose
        )
    if decision.hidden:
        raise NotFound
    if decision.rule == "destroyed":
        raise _destroyed(decision, recording, part)
    decision.enforce()


def _destroyed(decision: Decision, recording: KeptRecording, part_name: str | None) -> Destroyed:
    """By which promise it went, and by which destruction once that has run."""
    named = None if part_name is None else recording.part(part_name)
    parts = recording.parts if named is None else (named,)
    destruction = next((part.destruction_id for part in parts if part.destruction_id), recording.destruction_id)
    extra: dict[str, object] = {} if destruction is None else {"destruction": str(destruction)}
    if any(part.went_early for part in parts):
        return Destroyed("It was destroyed before its time was up, by an order or as its destruction says.", **extra)
    citation = next((part.citation for part in parts if part.citation), decision.clause)
    return Destroyed(decision.reason, **extra, **({"clause": to_builtins(citation)} if citation else {}))
