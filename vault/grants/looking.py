"""What may be heard under a grant, for whoever may hear it: which recordings, until when, for which purpose."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from tenants.decisions import Action
from tenants.disclosing import DisclosureEvent
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.disclosure import rows as disclosures
from vault.disclosure.model import Disclosure
from vault.errors import NotFound
from vault.grants.hearing import is_theirs, require_may_hear
from vault.grants.rows import Session, session_of


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One grant; `place` and `session` are a review's."""

    disclosure: Disclosure
    session: Session | None = None
    place: str | None = field(default=None, repr=False)


async def look(custody: Custody, caller: Caller, disclosure_id: UUID) -> Grant:
    """A grant as whoever may hear it, supervises it or decides on disclosures sees it.

    Raises:
        NotAllowed: no role of the caller has to do with one.
        NotFound: no such grant that the caller has to do with.
    """
    require_may_hear(caller)
    tenant, now = caller.tenant, custody.clock.now()
    async with tenant_scope(tenant):
        found = await disclosures.fetch(tenant, disclosure_id)
        disclosure = found.disclosure
        is_review = disclosure.kind is DisclosureKind.ON_SITE_REVIEW
        theirs = caller.may(Action.SUPERVISE_REVIEW) if is_review else await is_theirs(caller, disclosure)
        # Before it was opened it is a request, of which nobody learns what it would give.
        theirs = theirs and disclosure.carried_out_at is not None
        if disclosure.needs.gives is not DisclosureEvent.OPEN or not (theirs or caller.may(Action.READ_DISCLOSURES)):
            raise NotFound
        session = await session_of(tenant, disclosure_id) if is_review else None
    if not is_review:
        return Grant(disclosure=disclosure)
    opened = await asyncio.to_thread(disclosures.opened, custody, found, now=now)
    return Grant(disclosure=disclosure, session=session, place=opened.details.place if opened.details else None)
