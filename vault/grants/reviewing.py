"""A data subject hears their own recording at a place: listening only, one device, a window, a supervisor, minutes.

It is offered beside the copy and never instead of it: a copy is owed on request whatever became of a review.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from tenants.decisions import Action, Refused
from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import rows as disclosures
from vault.disclosure.checking import asked
from vault.disclosure.documents import DocumentPurpose, store
from vault.disclosure.model import Disclosure
from vault.disclosure.steps import move
from vault.errors import Conflict, NotAllowed, NotFound
from vault.grants import rows
from vault.grants.rows import Session
from vault.rights import decide_for
from vault.written import checked

MINUTES_MOST = 20_000
"""How many characters minutes have."""

HELD: Final = "review-held"
"""The rule that ended a review that was held and closed by its supervisor."""


async def open_session(custody: Custody, caller: Caller, disclosure_id: UUID) -> Session:
    """Begin a review, as its supervisor: what is heard from now on is heard under this sign-in, at this device.

    Beginning again at the same device changes nothing; there is one session of a review, and so one device.

    Raises:
        NotAllowed: the caller supervises no reviews.
        NotFound: no such review here.
        Conflict: it is not its time, it is over, or it was begun by somebody else or at another device.
        Refused: the notice offers no review any more, or the contract is over.
    """
    caller.require(Action.SUPERVISE_REVIEW)
    now, tenant = custody.clock.now(), caller.tenant
    async with tenant_scope(tenant):
        disclosure = await _review(caller, disclosure_id)
        await _require_allowed(caller, disclosure, now)
        session = await rows.session_of(tenant, disclosure_id, lock=True)
        if session is not None:
            _require_same(caller, session)
            return session
        _require_time(disclosure, now)
        session = Session(
            disclosure_id=disclosure_id,
            supervisor_id=caller.id,
            credential_id=caller.credential,
            opened_at=now,
            closed_at=None,
            minutes_id=None,
        )
        await rows.insert(tenant, session)
        details = {"credential": str(caller.credential)}
        event = audit.Event(act="review.opened", actor=caller.id, object_id=disclosure_id, details=details)
        await audit.record(tenant, event, now=now)
    return session


async def close_session(custody: Custody, caller: Caller, disclosure_id: UUID, minutes: str) -> Session:
    """End a review with its minutes, which are kept with the disclosure as a document.

    Where the window ended before, the minutes are added all the same.

    Raises:
        NotAllowed: another person supervised it, and the caller does not decide on disclosures.
        NotFound: no such review here, or none was held.
        Conflict: its minutes are there already.
        Invalid: the minutes say nothing, too much, or a personal identity code.
    """
    caller.require(Action.SUPERVISE_REVIEW)
    what = "what was heard, by whom, and what was said of it"
    minutes, tenant = checked("minutes", minutes, MINUTES_MOST, what), caller.tenant
    async with tenant_scope(tenant):
        disclosure = await _review(caller, disclosure_id)
        await _require_unwritten(caller, disclosure_id)
    document = await store(custody, disclosure, DocumentPurpose.MINUTES, "text/plain", minutes.encode(), by=caller.id)
    now = custody.clock.now()
    async with tenant_scope(tenant):
        disclosure = await _review(caller, disclosure_id)
        await _require_unwritten(caller, disclosure_id)
        ended = await rows.end_accesses(tenant, disclosure_id, now=now)
        await rows.close(tenant, disclosure_id, now=now, minutes=document.id)
        details = {"minutes": str(document.id), "accesses": ended}
        event = audit.Event(act="review.closed", actor=caller.id, object_id=disclosure_id, details=details)
        await audit.record(tenant, event, now=now)
        if disclosure.state is DisclosureState.ACTIVE:
            await move(disclosure, DisclosureEvent.END, actor=caller.id, now=now, ended_rule=HELD)
        closed = await rows.session_of(tenant, disclosure_id)
    if closed is None:
        raise NotFound
    return closed


async def _review(caller: Caller, disclosure_id: UUID) -> Disclosure:
    """The disclosure under its lock, if it is a review."""
    disclosure = (await disclosures.fetch(caller.tenant, disclosure_id, lock=True)).disclosure
    if disclosure.kind is not DisclosureKind.ON_SITE_REVIEW:
        raise NotFound
    return disclosure


async def _require_allowed(caller: Caller, disclosure: Disclosure, now: datetime) -> None:
    whose = await tenancy(caller.tenant, at=now)
    decide_for(caller, whose, Action.SUPERVISE_REVIEW, now=now).enforce()
    if disclosure.state is DisclosureState.ACTIVE:
        decision = await asked(whose, disclosure, now=now)
        if not decision.permitted:
            raise Refused(decision)


def _require_time(disclosure: Disclosure, now: datetime) -> None:
    begins = disclosure.terms.valid_from
    if disclosure.state is not DisclosureState.ACTIVE or (disclosure.until is not None and disclosure.until <= now):
        raise Conflict(f"The review is {disclosure.state.value}: no session of it begins now.")
    if begins is not None and now < begins:
        raise Conflict("It is not the review's time yet.")


def _require_same(caller: Caller, session: Session) -> None:
    if session.closed_at is not None:
        raise Conflict("The review was held; what is to be heard again is asked for again.")
    if (session.supervisor_id, session.credential_id) != (caller.id, caller.credential):
        raise Conflict("The review was begun at another device, and is held at one.")


async def _require_unwritten(caller: Caller, disclosure_id: UUID) -> None:
    session = await rows.session_of(caller.tenant, disclosure_id, lock=True)
    if session is None:
        raise NotFound("No session of this review was held.")
    if session.supervisor_id != caller.id and not caller.may(Action.DECIDE_DISCLOSURE):
        raise NotAllowed("Whoever supervised the review ends it, or somebody who decides on disclosures.")
    if session.minutes_id is not None:
        raise Conflict("The minutes of this review are there already.")
