"""One statement finds one recording, or a page of them in the order of the index that leads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from asyncpg import Record

from tenants.recordings import ContactField
from tenants.teams import Spell
from vault.access.alarms import alarmed
from vault.access.cursors import Position
from vault.access.glass import carrying
from vault.access.kept import CONTACT, RECORDING_COLUMNS, Kept, KeptRecording, as_kept, part_columns
from vault.access.leads import leading
from vault.access.opening import Opening
from vault.access.query import Query
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.errors import NotFound

# ruff's S608 is silenced below: what is formatted into the statements are our own columns and placeholders.

# Keeps PostgreSQL from turning EXISTS into a join with everything that the controller has: asked of one candidate
# after the other until the page is full, it costs the same however many there are.
_ONE_BY_ONE = "OFFSET 0"


@dataclass(frozen=True)
class Term:
    """Values of which one must stand in the contact record, as their digests under every live key.

    It is quickest where those come first under which the newest recordings are. `field` narrows to one contact field;
    without it, the value may stand in any that shares its label. `spells`, one a digest or none at all, narrow each to
    recordings of its own time.
    """

    digests: tuple[bytes, ...]
    field: ContactField | None = None
    spells: tuple[Spell, ...] = ()


_FIRST_STAGE, _GROWTH = 4, 8
"""So many digests are looked up first, and so many times as many next, each time."""


_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class _Values(list[object]):
    """What a statement is given; each value answers with its placeholder."""

    def __call__(self, value: object) -> str:
        self.append(value)
        return f"${len(self)}"


async def find(custody: Custody, caller: Caller, recording_id: UUID) -> Kept:
    """One recording of the caller's controller, as it stands now; what the caller may do with it is not asked here.

    Raises:
        NotFound: no such recording here.
        Altered: its contact record is not what was stored.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        found = await _one(whose, recording_id, now)
    return await _opened(custody, caller, whose, found)


async def find_for(custody: Custody, caller: Caller, recording_id: UUID, *, glass: bool = False) -> tuple[Caller, Kept]:
    """The same, and the caller with the agents of the teams that they lead today.

    Args:
        glass: whether they come with the glass that they have broken, too.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        caller = await leading(await carrying(caller, now) if glass else caller, whose.policy, now)
        found = await _one(whose, recording_id, now)
    return caller, await _opened(custody, caller, whose, found)


async def _one(whose: Tenancy, recording_id: UUID, now: datetime) -> KeptRecording:
    rows = await DB.fetch(
        f"SELECT {RECORDING_COLUMNS}, {part_columns(CONTACT)} FROM recording r LEFT JOIN part p"  # noqa: S608 - ours
        " ON p.tenant_id = r.tenant_id AND p.recording_id = r.id WHERE r.tenant_id = $1 AND r.id = $2"
        " ORDER BY p.name",
        whose.tenant,
        recording_id,
    )
    if not rows:
        raise NotFound
    return (await as_kept(whose, rows, now=now))[0]


async def _opened(custody: Custody, caller: Caller, whose: Tenancy, recording: KeptRecording) -> Kept:
    async with alarmed(custody, caller, recording, CONTACT):
        return Kept(whose, recording, Opening(custody).contact(recording))


async def find_page(
    tenant: UUID, query: Query, kinds: Sequence[str], terms: Sequence[Term], *, after: Position | None, now: datetime
) -> list[Record]:
    """The rows of a page in the open scope: one for each part of each recording, newest recording first.

    One recording more than the limit is given where there is one, to tell that there is another page.

    Args:
        kinds: the kinds that may be found.
        terms: what must stand in the contact record; the first leads, so it should be the rarest.
        after: where the last page ended.
    """
    value = _Values()
    of, at = value(tenant), value(now)
    # The range and the cursor are put to the columns of the index that leads, since it is in the order of the results.
    leading = ("b.started_at", "b.recording_id") if terms else ("r.started_at", "r.id")
    where = " AND ".join(_conditions(terms[1:], of, at, value) + _range(query, after, leading, value))
    sought = value(list(kinds))
    # The limit is written out: a plan for any limit would sort everything that the controller has.
    end = f"ORDER BY started_at DESC, id DESC LIMIT {query.limit + 1:d}"
    if terms:
        line = _under_one_key(terms[0], where, of, at, sought, value)
        stages = [_sought(stage, value) for stage in _stages(terms[0])]
    else:
        line, stages = _of_one_kind(where, of), [f"unnest({sought}::text[]) AS sought(value)"]
    return await DB.fetch(
        f"WITH {_hits(stages, line, end, query.limit)}"  # noqa: S608 - ours
        f" SELECT {RECORDING_COLUMNS}, {part_columns(CONTACT)} FROM hit"
        f" JOIN recording r ON r.tenant_id = {of} AND r.id = hit.id"
        f" LEFT JOIN part p ON p.tenant_id = {of} AND p.recording_id = hit.id"
        " ORDER BY hit.started_at DESC, hit.id DESC, p.name",
        *value,
    )


def _stages(term: Term) -> Iterator[Term]:
    """The digests in parts, each several times as many as the one before."""
    start, size = 0, _FIRST_STAGE
    while start < len(term.digests) or not start:
        end = start + size
        yield replace(term, digests=term.digests[start:end], spells=term.spells[start:end])
        start, size = end, size * _GROWTH


def _hits(stages: Sequence[str], line: str, end: str, limit: int) -> str:
    """The newest under any of the values, as `hit`: once the page is full, nothing older than it is looked for.

    Without that, whoever is in many recordings would be looked up a whole page long under each key.

    Args:
        stages: the values that are looked up at a time, as rows; `line` is what is found under one of them.
    """
    tables: list[str] = []
    earlier = newer = ""
    for number, values in enumerate(stages, start=1):
        name = "hit" if number == len(stages) else f"hit_{number}"
        found = f"SELECT line.* FROM {values} CROSS JOIN LATERAL ({line}{newer} {end}) AS line{earlier}"  # noqa: S608 - ours
        tables.append(f"{name} AS (SELECT DISTINCT started_at, id FROM ({found}) AS found {end})")  # noqa: S608 - ours
        earlier = f" UNION ALL TABLE {name}"
        oldest = f"CASE WHEN count(*) > {limit:d} THEN min(started_at) ELSE '-infinity' END"
        newer = f" AND b.started_at >= (SELECT {oldest} FROM {name})"  # noqa: S608 - ours
    return ", ".join(tables)


def _conditions(terms: Sequence[Term], of: str, at: str, value: _Values) -> list[str]:
    """It is not restricted, some part is live, and each of these values stands in the contact record."""
    return [
        "r.destroyed_at IS NULL",
        f"NOT (r.restricted AND (r.restricted_until IS NULL OR r.restricted_until > {at}))",
        f"EXISTS (SELECT FROM part p WHERE p.tenant_id = {of} AND p.recording_id = r.id AND p.destroyed_at IS NULL"
        f" AND (p.destroy_at IS NULL OR p.destroy_at > {at} OR p.hold_key_id IS NOT NULL"
        f" AND (p.held_until IS NULL OR p.held_until > {at})) {_ONE_BY_ONE})",
        *(
            f"EXISTS (SELECT FROM blind_index b JOIN {_sought(term, value)} ON sought.value = b.digest"
            f" WHERE b.tenant_id = {of} AND b.recording_id = r.id AND {_is_live(term, at, value)} {_ONE_BY_ONE})"
            if term.spells
            else f"EXISTS (SELECT FROM blind_index b WHERE b.tenant_id = {of} AND b.recording_id = r.id"
            f" AND b.digest = ANY({value(list(term.digests))}::bytea[]) AND {_is_live(term, at, value)} {_ONE_BY_ONE})"
            for term in terms
        ),
    ]


def _range(query: Query, after: Position | None, leading: tuple[str, str], value: _Values) -> list[str]:
    started_at, recording_id = leading
    conditions = []
    if query.started_from:
        conditions.append(f"{started_at} >= {value(query.started_from)}")
    if query.started_before:
        conditions.append(f"{started_at} < {value(query.started_before)}")
    if after:
        conditions.append(f"({started_at}, {recording_id}) < ({value(after.started_at)}, {value(after.id)})")
    return conditions


def _of_one_kind(where: str, of: str) -> str:
    """The newest of one kind, by one probe of the index."""
    return (
        "SELECT r.started_at, r.id FROM recording r"  # noqa: S608 - ours
        f" WHERE r.tenant_id = {of} AND r.kind = sought.value AND {where}"
    )


def _under_one_key(term: Term, where: str, of: str, at: str, kinds: str, value: _Values) -> str:
    """The newest under one key, by one probe of the index; a number in two fields of a record is one hit."""
    return (
        "SELECT DISTINCT b.started_at, b.recording_id AS id FROM blind_index b"  # noqa: S608 - ours
        " JOIN recording r ON r.tenant_id = b.tenant_id AND r.id = b.recording_id"
        f" WHERE b.tenant_id = {of} AND b.digest = sought.value AND {_is_live(term, at, value)}"
        f" AND r.kind = ANY({kinds}::text[]) AND {where}"
    )


def _sought(term: Term, value: _Values) -> str:
    """The digests of a term as rows, each with its own time where it has one."""
    digests = f"{value(list(term.digests))}::bytea[]"
    if not term.spells:
        return f"unnest({digests}) AS sought(value)"
    since = f"{value([spell.since or _EVER for spell in term.spells])}::timestamptz[]"
    until = f"{value([spell.until or _NEVER for spell in term.spells])}::timestamptz[]"
    return f"unnest({digests}, {since}, {until}) AS sought(value, since, until)"


def _is_live(term: Term, at: str, value: _Values) -> str:
    """The row of the index is of the field and of the time that were asked for, and its own time is not up."""
    live = f"(b.destroy_at IS NULL OR b.destroy_at > {at})"
    if term.spells:
        live += " AND b.started_at >= sought.since AND b.started_at < sought.until"
    return live if term.field is None else f"{live} AND b.field = {value(term.field.value)}"
