"""A recording is found by digests of its numbers under keys that still live, among what the person may use."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias, TypeVar
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
from vault.access.kept import CONTACT, Kept, KeptRecording, to_be_kept
from vault.access.leads import leading
from vault.access.opening import Opening
from vault.access.query import Query, checked
from vault.access.refusals import SEARCHED, record_refusal, refuse_operators
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.contacts import HOLD_INDEX, ContactRecord, label
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.keys import ShredKey
from vault.custody.register import Tenancy, tenancy
from vault.errors import Altered
from vault.rights import decide_for

T = TypeVar("T")

OPENED_AT_ONCE = 8
"""So many contact records are opened before anybody else has a turn."""

Sought: TypeAlias = tuple[str, Spell | None]
"""A value that is looked for; of an agent, with the time from which until which the agent's calls are."""


Contact: TypeAlias = ContactRecord | Altered | None
"""A contact record, what is wrong with it, or nothing where it has gone."""

Opened: TypeAlias = list[tuple[KeptRecording, Contact]]
"""Recordings with their contact records, in the order of the page."""


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
    now, opening = custody.clock.now(), Opening(custody)
    query = checked(query)
    after = read_cursor(custody, caller, query)
    async with AsyncExitStack() as begun:
        # The digests are made while the database tells who asks.
        asked = await begun.enter_async_context(_beside(terms_of(opening, caller.tenant, query, now)))
        async with tenant_scope(caller.tenant):
            whose = await tenancy(caller.tenant, at=now)
            caller = await leading(await carrying(caller, now), whose.policy, now)
            decision = decide_for(caller, whose, Action.SEARCH, now=now)
            if decision.permitted:
                kinds = _usable(whose.policy, caller, query.kinds, now)
                terms = await asked + await _terms_within(opening, caller.tenant, decision.reach, now)
                terms.sort(key=lambda term: term.field is not None)  # a service number is everybody's
                rows = await find_page(caller.tenant, query, kinds, terms, after=after, now=now)
                found = len({row["id"] for row in rows})
                recordings = islice(await to_be_kept(whose, rows, now=now), query.limit)
                # They are opened while the event is on its way to the database's disk, which the scope's end waits for.
                opened = await begun.enter_async_context(_beside(_opened(opening, recordings)))
                await _record(caller, query, decision, min(found, query.limit), now)
            else:
                await record_refusal(caller, SEARCHED, decision, whose, now=now)
        decision.enforce()
        page = await opened
    results = tuple(await _told(custody, caller, whose, page))
    cursor = None
    if found > len(page):
        last = page[-1][0]
        cursor = write_cursor(custody, caller, query, Position(last.started_at, last.id))
    return Page(results, cursor)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Work that goes on beside the block, and goes no further once the block ends without it.

    Where the event or the scope's end fails, no contact record is opened any more for a search that the log lacks.
    """
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _opened(opening: Opening, recordings: Iterable[KeptRecording]) -> Opened:
    opened = []
    for number, recording in enumerate(recordings):
        if number % OPENED_AT_ONCE == 0:
            await asyncio.sleep(0)
        opened.append((recording, _contact(opening, recording)))
    return opened


def _contact(opening: Opening, recording: KeptRecording) -> Contact:
    try:
        return opening.contact(recording)
    except Altered as error:
        return error


async def _told(custody: Custody, caller: Caller, whose: Tenancy, page: Opened) -> list[Kept]:
    """With their contact records; one that was altered raises the alarm and does not hide the rest of the page.

    Left out is what came out of a backup: the record's key is gone though its row says that it is kept.
    """
    kept = []
    for recording, contact in page:
        if isinstance(contact, Altered):
            await _alarm(custody, caller, recording, contact)
            kept.append(Kept(whose, recording, None))
        elif contact is not None or not _should_open(recording):
            kept.append(Kept(whose, recording, contact))
    return kept


async def _alarm(custody: Custody, caller: Caller, recording: KeptRecording, altered: Altered) -> None:
    with suppress(Altered):
        async with alarmed(custody, caller, recording, CONTACT):
            raise altered


def _should_open(recording: KeptRecording) -> bool:
    part = recording.live(CONTACT)
    return part is not None and part.is_held


def _usable(policy: Policy, caller: Caller, asked: Iterable[Kind], now: datetime) -> list[str]:
    """The kinds that the person has any purpose for: what nobody may use, nobody needs to find."""
    rules = [policy.access.roles[role] for role in caller.person.roles if role in policy.access.roles]
    glass = rule_under(policy, caller.person.roles, caller.person.glass, now)
    purposes = {purpose for rule in (*rules, *([glass] if glass else [])) for purpose in rule.purposes}
    wanted = set(asked) or set(policy.recorded.kinds)
    return sorted(
        kind for kind, rule in policy.recorded.kinds.items() if kind in wanted and purposes & {*rule.purposes}
    )


async def terms_of(opening: Opening, tenant: UUID, query: Query, now: datetime) -> list[Term]:
    """What must stand in the contact record, the rarest first: the first one leads the search."""
    wanted = (
        (ContactField.CALLER_NUMBER, None, query.number),
        (ContactField.AGENT_ID, None, query.agent_id),
        (ContactField.SERVICE_NUMBER, ContactField.SERVICE_NUMBER, query.service_number),
    )
    values = [(label(kind), field, [(value, None)]) for kind, field, value in wanted if value is not None]
    return await asyncio.to_thread(_terms, opening, tenant, values, now) if values else []


async def _terms_within(opening: Opening, tenant: UUID, reach: Sequence[Spell] | None, now: datetime) -> list[Term]:
    """That somebody had it whose calls alone are found, in their time; nothing where everybody's are."""
    if reach is None:
        return []
    values = [(label(ContactField.AGENT_ID), None, [(spell.agent_id, spell) for spell in reach])]
    return await asyncio.to_thread(_terms, opening, tenant, values, now)


def _terms(
    opening: Opening, tenant: UUID, values: Iterable[tuple[str, ContactField | None, Sequence[Sought]]], now: datetime
) -> list[Term]:
    # What is under those that go last began last, as a rule, and the page is full before the others are asked.
    keys = [key for each in (PartClass.CONTACT, HOLD_INDEX) for key in opening.live_keys(tenant, each, now=now)]
    return [_term(keys, kind, field, sought) for kind, field, sought in values]


def _term(keys: Sequence[ShredKey], kind: str, field: ContactField | None, sought: Sequence[Sought]) -> Term:
    digests = tuple(key.blind_index(kind, value) for key in keys for value, _ in sought)
    spells = tuple(spell for _, spell in sought if spell is not None)
    return Term(digests, field, spells * len(keys))


async def _record(caller: Caller, query: Query, decision: Decision, found: int, now: datetime) -> None:
    details = {"filters": query.names(), "found": found, "continued": query.cursor is not None, **marked(decision)}
    await audit.record(caller.tenant, audit.Event(act=SEARCHED, actor=caller.id, details=details), now=now)
