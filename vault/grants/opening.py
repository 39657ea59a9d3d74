"""What two persons approved to be heard without a copy is opened by the worker, until its date or the membership's."""

from tenants.disclosing import DisclosureEvent, DisclosureState
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.disclosure import rows
from vault.disclosure.carrying import Giver
from vault.disclosure.model import Disclosure
from vault.disclosure.steps import move
from vault.organisations.facts import organisation_facts


async def give(custody: Custody, disclosure: Disclosure) -> bool:
    """Open a grant, or the window of a review; may be killed anywhere and is asked again.

    Returns:
        True: nothing is left to do.
    """
    now, until = custody.clock.now(), disclosure.terms.valid_until
    async with tenant_scope(disclosure.tenant):
        standing = (await rows.fetch(disclosure.tenant, disclosure.id, lock=True)).disclosure
        if standing.state is not DisclosureState.APPROVED:
            return True
        if disclosure.organisation_id is not None:
            facts = await organisation_facts(disclosure.tenant, disclosure.organisation_id, now=now)
            ends = [moment for moment in (until, facts.member_until) if moment is not None]
            until = min(ends, default=None)
        details = {"recordings": len(disclosure.given)} | ({"until": until.isoformat()} if until else {})
        await move(
            standing, DisclosureEvent.OPEN, actor=None, now=now, details=details, until=until, carried_out_at=now
        )
    return True


async def _ready(_: Disclosure) -> bool:
    return True


GIVER = Giver(_ready, give)
"""Nothing is waited for: who may hear it is named, or there, when they want to."""
