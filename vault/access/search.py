"""A recording is found by digests of its numbers under keys that still live, among what the person may use."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.decisions import Action
from tenants.policy import Policy
from tenants.recordings import ContactField, Kind, PartClass
from tenants.vocabulary import Scope
from vault.access.alarms import alarmed
from vault.access.cursors import Position, read_cursor, write_cursor
from vault.access.finding import Term, find_page
from vault.access.kept import CONTACT, Kept, KeptRecording, as_kept
from vault.access.opening import Opening
from vault.access.query import Query, checked
from vault.access.refusals import SEARCHED, record_refusal, refuse_operators
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.contacts import HOLD_INDEX, label
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.errors import Altered
from vault.rights import decide_for

OWN = "own"


@dataclass(frozen=True)
class Page:
    """Results, newest first, and the cursor of the next page where there is one."""

    results: tuple[Kept, ...]
    cursor: str | None


async def search(custody: Custody, caller: Caller, query: Query) -> Page:
    """What the person may find, newest first. A part whose time is up is neither shown nor found by.

    Raises:
        Invalid: a field cannot be searched for, or the cursor is another search's.
        Refused, NotAllowed: the person may not search here; a refusal quotes its clause and is audited.
    """
    await refuse_operators(custody, caller, SEARCHED)
    now = custody.clock.now()
    query = checked(query)
    after = read_cursor(custody, caller, query)
    terms = await asyncio.to_thread(terms_of, custody, caller.tenant, query, now, caller.person.agent_id)
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        decision = decide_for(caller, whose, Action.SEARCH, now=now)
        if decision.permitted:
            kinds = _usable(whose.policy, caller, query.kinds)
            if decision.scope is Scope.ALL:
                terms.pop(OWN, None)
            rows = await find_page(caller.tenant, query, kinds, list(terms.values()), after=after, now=now)
            found = await as_kept(whose, rows, now=now)
            await _record(caller, query, min(len(found), query.limit), now)
        else:
            await record_refusal(caller, SEARCHED, decision, whose, now=now)
    decision.enforce()
    page = found[: query.limit]
    opening = Opening(custody)
    opened = [await _opened(custody, caller, opening, whose, recording) for recording in page]
    results = tuple(held for held in opened if held is not None)
    if len(found) == len(page):
        return Page(results, None)
    return Page(results, write_cursor(custody, caller, query, Position(page[-1].started_at, page[-1].id)))


async def _opened(
    custody: Custody, caller: Caller, opening: Opening, whose: Tenancy, recording: KeptRecording
) -> Kept | None:
    """With its contact record; one that was altered raises the alarm and does not hide the rest of the page.

    None where the record's key is gone though its row says that it is kept: a row that came out of a backup.
    """
    try:
        async with alarmed(custody, caller, recording, CONTACT):
            contact = opening.contact(recording)
    except Altered:
        return Kept(whose, recording, None)
    part = recording.live(CONTACT)
    if contact is None and part is not None and part.is_held:
        return None
    return Kept(whose, recording, contact)


def _usable(policy: Policy, caller: Caller, asked: Iterable[Kind]) -> list[str]:
    """The kinds that the person has any purpose for: what nobody may use, nobody needs to find."""
    rules = [policy.access.roles[role] for role in caller.person.roles if role in policy.access.roles]
    purposes = {purpose for rule in rules for purpose in rule.purposes}
    wanted = set(asked) or set(policy.recorded.kinds)
    return sorted(
        kind for kind, rule in policy.recorded.kinds.items() if kind in wanted and purposes & {*rule.purposes}
    )


def terms_of(custody: Custody, tenant: UUID, query: Query, now: datetime, own: str | None = None) -> dict[str, Term]:
    """What must stand in the contact record, the rarest first: the first one leads the search.

    Args:
        own: the agent whose calls alone are found, under `OWN`.
    """
    wanted: list[tuple[str, ContactField, ContactField | None, str | None]] = [
        ("number", ContactField.CALLER_NUMBER, None, query.number),
        ("agent_id", ContactField.AGENT_ID, None, query.agent_id),
        (OWN, ContactField.AGENT_ID, None, own),
        ("service_number", ContactField.SERVICE_NUMBER, ContactField.SERVICE_NUMBER, query.service_number),
    ]
    values = [(name, label(kind), field, value) for name, kind, field, value in wanted if value is not None]
    classes = (PartClass.CONTACT, HOLD_INDEX) if values else ()
    keys = [key for each in classes for key in custody.keyring.live_keys(tenant, each, now=now)]
    return {
        name: Term(tuple(key.blind_index(kind, value) for key in keys), field) for name, kind, field, value in values
    }


async def _record(caller: Caller, query: Query, found: int, now: datetime) -> None:
    details = {"filters": query.names(), "found": found, "continued": query.cursor is not None}
    await audit.record(caller.tenant, audit.Event(act=SEARCHED, actor=caller.id, details=details), now=now)
