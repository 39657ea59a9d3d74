"""A recording is found by digests of its numbers under keys that still live, among what the person may use."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from tenants.decisions import Action, Decision
from tenants.oversight import rule_under
from tenants.policy import Policy
from tenants.recordings import ContactField, Kind, PartClass
from tenants.teams import Spell
from vault.access.alarms import alarmed
from vault.access.cursors import Position, read_cursor, write_cursor
from vault.access.finding import Term, find_page
from vault.access.glass import carrying, marked
from vault.access.kept import CONTACT, Kept, KeptRecording, as_kept
from vault.access.leads import leading
from vault.access.opening import Opening
from vault.access.query import Query, checked
from vault.access.refusals import SEARCHED, record_refusal, refuse_operators
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.contacts import HOLD_INDEX, label
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.keys import ShredKey
from vault.custody.register import Tenancy, tenancy
from vault.errors import Altered
from vault.rights import decide_for

Sought: TypeAlias = tuple[str, Spell | None]
"""A value that is looked for; of an agent, with the time from which until which the agent's calls are."""


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
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        caller = await leading(await carrying(caller, now), whose.policy, now)
        decision = decide_for(caller, whose, Action.SEARCH, now=now)
        if decision.permitted:
            kinds = _usable(whose.policy, caller, query.kinds, now)
            terms = await asyncio.to_thread(terms_of, custody, caller.tenant, query, now, decision.reach)
            rows = await find_page(caller.tenant, query, kinds, terms, after=after, now=now)
            found = await as_kept(whose, rows, now=now)
            await _record(caller, query, decision, min(len(found), query.limit), now)
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


def _usable(policy: Policy, caller: Caller, asked: Iterable[Kind], now: datetime) -> list[str]:
    """The kinds that the person has any purpose for: what nobody may use, nobody needs to find."""
    rules = [policy.access.roles[role] for role in caller.person.roles if role in policy.access.roles]
    glass = rule_under(policy, caller.person.roles, caller.person.glass, now)
    purposes = {purpose for rule in (*rules, *([glass] if glass else [])) for purpose in rule.purposes}
    wanted = set(asked) or set(policy.recorded.kinds)
    return sorted(
        kind for kind, rule in policy.recorded.kinds.items() if kind in wanted and purposes & {*rule.purposes}
    )


def terms_of(
    custody: Custody, tenant: UUID, query: Query, now: datetime, reach: Sequence[Spell] | None = None
) -> list[Term]:
    """What must stand in the contact record, the rarest first: the first one leads the search.

    Args:
        reach: the agents whose calls alone are found; None for everybody's.
    """
    near = None if reach is None else [(spell.agent_id, spell) for spell in reach]
    wanted: list[tuple[ContactField, ContactField | None, Sequence[Sought] | None]] = [
        (ContactField.CALLER_NUMBER, None, _one(query.number)),
        (ContactField.AGENT_ID, None, _one(query.agent_id)),
        (ContactField.AGENT_ID, None, near),
        (ContactField.SERVICE_NUMBER, ContactField.SERVICE_NUMBER, _one(query.service_number)),
    ]
    values = [(label(kind), field, sought) for kind, field, sought in wanted if sought is not None]
    classes = (PartClass.CONTACT, HOLD_INDEX) if values else ()
    keys = [key for each in classes for key in custody.keyring.live_keys(tenant, each, now=now)]
    return [_term(keys, kind, field, sought) for kind, field, sought in values]


def _term(keys: Sequence[ShredKey], kind: str, field: ContactField | None, sought: Sequence[Sought]) -> Term:
    found = [(key.blind_index(kind, value), spell) for value, spell in sought for key in keys]
    spells = tuple(spell for _, spell in found if spell is not None)
    return Term(tuple(digest for digest, _ in found), field, spells)


def _one(value: str | None) -> list[Sought] | None:
    return None if value is None else [(value, None)]


async def _record(caller: Caller, query: Query, decision: Decision, found: int, now: datetime) -> None:
    details = {"filters": query.names(), "found": found, "continued": query.cursor is not None, **marked(decision)}
    await audit.record(caller.tenant, audit.Event(act=SEARCHED, actor=caller.id, details=details), now=now)
