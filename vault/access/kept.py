"""What of a recording is held at a moment: a part whose time is up counts as gone, purged or not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from tenants.decisions import RecordingFacts
from tenants.policy import Citation, Policy
from tenants.recordings import Kind, PartClass, Segment
from vault.custody.contacts import ContactRecord
from vault.custody.database import DB
from vault.custody.register import Tenancy, policies_under

CONTENT, CONTACT, IDENTIFIERS, PEAKS, PLAYBACK = "content", "contact", "identifiers", "peaks", "playback"

RECORDING_COLUMNS = """r.id, r.kind, r.media_type, r.policy_version, r.started_at, r.duration_ms, r.facts,
    r.destroyed_at, r.destruction_id, r.restricted, r.restricted_until"""


_FACTS: Final = msgspec.json.Decoder(dict[str, Any])


def part_columns(*opened: str) -> str:
    """The columns of a part, with the sealed bytes of those parts that are to be opened; names of ours only."""
    names = ", ".join(f"'{name}'" for name in opened)
    return f"""p.id AS part_id, p.name, p.part_class, p.media_type AS part_media_type, p.object_key, p.object_version,
    p.plain_size, p.shred_key_id, p.wrapped_key, p.hold_key_id, p.hold_wrapped_key, p.held_until, p.prefix,
    CASE WHEN p.name IN ({names}) THEN p.sealed END AS sealed, p.destroy_at, p.promised_until, p.clause,
    coalesce(p.policy_version, r.policy_version) AS part_policy_version, p.destroyed_at AS part_destroyed_at,
    p.destruction_id AS part_destruction_id"""


class KeptPart(Struct, frozen=True, kw_only=True):
    """One part as the catalogue knows it; `citation` is the promise that says when it goes."""

    id: UUID
    name: str
    part_class: PartClass
    media_type: str
    object_key: str
    object_version: str
    size: int
    shred_key_id: str
    wrapped_key: bytes | None
    hold_key_id: str | None
    hold_wrapped_key: bytes | None
    held_until: datetime | None
    prefix: bytes | None
    sealed: bytes | None
    destroy_at: datetime | None
    promised_until: datetime | None
    citation: Citation | None
    destroyed_at: datetime | None
    destruction_id: UUID | None

    def __repr__(self) -> str:
        """Its name alone: neither keys nor ciphertext stand in a log."""
        return f"KeptPart({self.name!r})"

    def is_live(self, now: datetime) -> bool:
        """Whether it is still there: not destroyed, and not due even if nobody has destroyed it yet."""
        return self.destroyed_at is None and (self.goes_at is None or self.goes_at > now)

    @property
    def is_held(self) -> bool:
        """Whether a hold or a restriction keeps it."""
        return self.hold_key_id is not None

    @property
    def goes_at(self) -> datetime | None:
        """From when it is gone for every reader, where that is known: its day, or the end of what keeps it longer."""
        if not self.is_held:
            return self.destroy_at
        if self.destroy_at is None or self.held_until is None:
            return None
        return max(self.destroy_at, self.held_until)

    @property
    def went_early(self) -> bool:
        """Whether it was destroyed before its day, such as by an order: no promise of a period says why."""
        if self.destroyed_at is None:
            return False
        return self.destroy_at is None or self.destroyed_at < self.destroy_at

    @property
    def key_id(self) -> str:
        """The key that opens it: the hold key while it is held."""
        return self.hold_key_id or self.shred_key_id

    @property
    def wrap(self) -> bytes | None:
        """The data key under `key_id`."""
        return self.hold_wrapped_key if self.is_held else self.wrapped_key


class KeptRecording(Struct, frozen=True, kw_only=True):
    """One recording with all its parts, live and gone, as they stand at `at`."""

    tenant: UUID
    id: UUID
    kind: Kind
    media_type: str
    started_at: datetime
    duration_ms: int | None
    facts: dict[str, Any]
    destruction_id: UUID | None
    restricted: bool
    restricted_until: datetime | None
    holds: tuple[str, ...]
    parts: tuple[KeptPart, ...]
    at: datetime

    def part(self, name: str) -> KeptPart | None:
        """The part of this name, live or gone."""
        return next((part for part in self.parts if part.name == name), None)

    def live(self, name: str) -> KeptPart | None:
        """The part of this name while it is there to be used."""
        part = self.part(name)
        return part if part is not None and part.is_live(self.at) else None

    @property
    def is_sound(self) -> bool:
        """Whether it is heard; it is read otherwise."""
        return self.media_type.startswith("audio/")

    @property
    def duration(self) -> float | None:
        """How many seconds it lasted, as its content tells while that lives."""
        return None if self.duration_ms is None or self.live(CONTENT) is None else self.duration_ms / 1000

    @property
    def is_gone(self) -> bool:
        """Whether no part is left."""
        return not any(part.is_live(self.at) for part in self.parts)

    @property
    def is_restricted(self) -> bool:
        """Whether it is stored and not used (Art. 18)."""
        return self.restricted and (self.restricted_until is None or self.restricted_until > self.at)

    def facts_for(
        self, name: str | None, *, agent_id: str | None, segments: tuple[Segment, ...] = ()
    ) -> RecordingFacts:
        """What a decision needs to know: of one part, or (None) of the recording as long as any part is left."""
        part = None if name is None else self.part(name)
        gone = self.is_gone if name is None else self.live(name) is None
        return RecordingFacts(
            kind=self.kind,
            agent_id=agent_id,
            segments=segments,
            started_at=self.started_at,
            restricted_for=frozenset({"restricted"} if self.is_restricted else ()),
            destroyed=gone,
            destroy_at=None if part is None else part.goes_at,
        )


@dataclass(frozen=True)
class Kept:
    """A recording, the controller whose it is, and the contact record while it lives."""

    tenancy: Tenancy
    recording: KeptRecording
    contact: ContactRecord | None

    @property
    def agent_id(self) -> str | None:
        """Whose call it was; unknown once the contact record has gone, and then nobody's own."""
        return None if self.contact is None else self.contact.agent_id

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Who had it when, where it went from one agent to another; unknown once the contact record has gone."""
        return () if self.contact is None else self.contact.segments


async def as_kept(whose: Tenancy, rows: Iterable[Record], *, now: datetime) -> list[KeptRecording]:
    """Recordings from rows of `RECORDING_COLUMNS` and `part_columns`, one row a part; in the open scope."""
    return list(await to_be_kept(whose, rows, now=now))


async def to_be_kept(whose: Tenancy, rows: Iterable[Record], *, now: datetime) -> Iterator[KeptRecording]:
    """The same, made only when they are asked for: what they need beside the rows is read here."""
    by_recording: dict[UUID, list[Record]] = {}
    for row in rows:
        by_recording.setdefault(row["id"], []).append(row)
    versions = {row["part_policy_version"] for rows in by_recording.values() for row in rows}
    under = await policies_under(whose, versions)
    holds = await _holds(whose.tenant, [id for id, rows in by_recording.items() if any(map(_is_held, rows))], now)
    return (_recording(whose.tenant, rows, under, holds, now) for rows in by_recording.values())


def _is_held(row: Record) -> bool:
    return row["part_id"] is not None and row["hold_key_id"] is not None


async def _holds(tenant: UUID, recordings: list[UUID], now: datetime) -> dict[UUID, tuple[str, ...]]:
    """For which reasons recordings are held, of those that are."""
    if not recordings:
        return {}
    rows = await DB.fetch(
        "SELECT recording_id, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM hold WHERE tenant_id = $1"
        " AND recording_id = ANY($2) AND released_at IS NULL AND (until IS NULL OR until > $3) GROUP BY recording_id",
        tenant,
        recordings,
        now,
    )
    return {row["recording_id"]: tuple(row["reasons"]) for row in rows}


def _recording(
    tenant: UUID, rows: list[Record], under: dict[int, Policy], holds: dict[UUID, tuple[str, ...]], now: datetime
) -> KeptRecording:
    row = rows[0]
    return KeptRecording(
        tenant=tenant,
        id=row["id"],
        kind=Kind(row["kind"]),
        media_type=row["media_type"],
        started_at=row["started_at"],
        duration_ms=row["duration_ms"],
        facts=_FACTS.decode(row["facts"]),
        destruction_id=row["destruction_id"],
        restricted=row["restricted"],
        restricted_until=row["restricted_until"],
        holds=holds.get(row["id"], ()),
        parts=tuple(_part(row, under.get(row["part_policy_version"])) for row in rows if row["part_id"] is not None),
        at=now,
    )


def _part(row: Record, policy: Policy | None) -> KeptPart:
    return KeptPart(
        id=row["part_id"],
        name=row["name"],
        part_class=PartClass(row["part_class"]),
        media_type=row["part_media_type"],
        object_key=row["object_key"],
        object_version=row["object_version"],
        size=row["plain_size"],
        shred_key_id=row["shred_key_id"],
        wrapped_key=row["wrapped_key"],
        hold_key_id=row["hold_key_id"],
        hold_wrapped_key=row["hold_wrapped_key"],
        held_until=row["held_until"],
        prefix=row["prefix"],
        sealed=row["sealed"],
        destroy_at=row["destroy_at"],
        promised_until=row["promised_until"],
        citation=policy.cite(row["clause"]) if policy and row["clause"] in policy.clauses else None,
        destroyed_at=row["part_destroyed_at"],
        destruction_id=row["part_destruction_id"],
    )
