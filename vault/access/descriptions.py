"""What a recording is, which of its parts are left, why and when each goes, and what one person may use it for."""

from dataclasses import dataclass
from uuid import UUID

from tenants.decisions import Action
from vault.access.finding import find_for
from vault.access.glass import marked
from vault.access.kept import CONTENT, Kept
from vault.access.refusals import DESCRIBED, enforce, refuse_operators
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.rights import decide_for


@dataclass(frozen=True)
class Description:
    """A recording as one person may know it; `purposes` are those for which that person may listen now."""

    held: Kept
    purposes: tuple[str, ...]


async def describe(custody: Custody, caller: Caller, recording_id: UUID, *, purpose: str | None = None) -> Description:
    """One recording in detail; reading its contact record is an act and stands in the log.

    Args:
        purpose: for which the person said that they work; it stands in the log where they may listen for it.

    Raises:
        NotFound: no such recording of this controller.
        Destroyed: none of it is left; the clause and the destruction are named.
        Refused, NotAllowed: the person may not know of it; a refusal quotes its clause and is audited.
    """
    await refuse_operators(custody, caller, DESCRIBED)
    caller, held = await find_for(custody, caller, recording_id, glass=True)
    facts = held.recording.facts_for(None, agent_id=held.agent_id, segments=held.segments)
    decision = decide_for(caller, held.tenancy, Action.SEARCH, now=held.recording.at, recording=facts)
    await enforce(caller, DESCRIBED, decision, held)
    purposes = purposes_for(caller, held)
    event = audit.Event(
        act=DESCRIBED,
        actor=caller.id,
        object_id=recording_id,
        purpose=purpose if purpose in purposes else None,
        details=marked(decision) or None,
    )
    async with tenant_scope(caller.tenant):
        await audit.record(caller.tenant, event, now=held.recording.at)
    return Description(held, purposes)


def purposes_for(caller: Caller, held: Kept) -> tuple[str, ...]:
    """The purposes for which this person may listen to this recording now."""
    facts = held.recording.facts_for(CONTENT, agent_id=held.agent_id, segments=held.segments)
    return tuple(
        purpose
        for purpose in held.tenancy.policy.purposes.allowed
        if decide_for(
            caller, held.tenancy, Action.LISTEN, now=held.recording.at, recording=facts, purpose=purpose
        ).permitted
    )
