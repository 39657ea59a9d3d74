"""What is a data subject's is found by the numbers and times that they give; a person says which of it is theirs.

A number may be shared by several persons, so that what a number finds is no more than a candidate.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from tenants.recordings import PHONE_NUMBER_FIELDS, ContactField, Kind, PartClass
from tenants.subject_rules import Asker
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.contacts import HOLD_INDEX, label
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import FieldProblem, Invalid
from vault.subjects.model import MOST, Candidate, Said, SubjectRequest
from vault.subjects.reading import find

CLASSES = (PartClass.CONTACT, HOLD_INDEX)
"""The classes of keys under which numbers are digested, by day and for what is held beyond it."""

SUBJECTS = PHONE_NUMBER_FIELDS - {ContactField.SERVICE_NUMBER, ContactField.AGENT_NUMBER}
"""In which fields the number of the other party stands; by a service number everything would be found."""

AGENTS = frozenset({ContactField.AGENT_ID})

FIELDS = {Asker.DATA_SUBJECT: SUBJECTS, Asker.AGENT: AGENTS}

# Restricted recordings are found too: the restriction was placed for the very person who asks.
_FOUND = """SELECT r.id, r.kind, r.started_at, r.duration_ms, r.destruction_id,
    r.restricted AND (r.restricted_until IS NULL OR r.restricted_until > $2) AS restricted,
    ARRAY(SELECT p.name FROM part p WHERE p.tenant_id = r.tenant_id AND p.recording_id = r.id
        AND p.destroyed_at IS NULL AND (p.destroy_at IS NULL OR p.destroy_at > $2 OR p.hold_key_id IS NOT NULL
        AND (p.held_until IS NULL OR p.held_until > $2)) ORDER BY p.name) AS parts
    FROM recording r WHERE r.tenant_id = $1"""

_INDEXED = """r.id IN (SELECT b.recording_id FROM blind_index b WHERE b.tenant_id = $1
    AND b.digest = ANY($3::bytea[]) AND b.field = ANY($4::text[]) AND (b.destroy_at IS NULL OR b.destroy_at > $2))"""


async def candidates(custody: Custody, caller: Caller, request_id: UUID) -> tuple[Candidate, ...]:
    """What may be the data subject's, oldest first: named outright, or found by what they said.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
        Invalid: more is found than one request covers.
    """
    request = await find(custody, caller, request_id)
    found = await of_request(custody, request)
    async with tenant_scope(caller.tenant):
        event = audit.Event(
            act="subject_request.searched",
            actor=caller.id,
            object_id=request.id,
            details={"found": len(found), "filters": _filters(request.said)},
        )
        await audit.record(caller.tenant, event, now=custody.clock.now())
    return found


async def of_request(custody: Custody, request: SubjectRequest) -> tuple[Candidate, ...]:
    """The candidates of a request as the catalogue stands. Raises Invalid as `candidates` does."""
    said, now = request.said or Said(), custody.clock.now()
    digests = await asyncio.to_thread(_digests, custody, request.tenant, said, now)
    async with tenant_scope(request.tenant):
        found = {one.id: one for one in await of_ids(request.tenant, said.recordings, now=now)}
        found |= {one.id: one for one in await _searched(request, said, digests, now)}
    if len(found) > MOST:
        rule = f"One request covers at most {MOST} recordings: narrow its time range."
        raise Invalid("Too much is found.", [FieldProblem("starts_after", "many", rule)])
    return tuple(sorted(found.values(), key=lambda one: (one.started_at, one.id)))


async def _searched(request: SubjectRequest, said: Said, digests: Sequence[bytes], now: datetime) -> list[Candidate]:
    """What a number or an agent's id finds, or without either everything between two moments; in the open scope."""
    if not digests and not (said.starts_after and said.starts_before):
        return []
    values: list[object] = [request.tenant, now]
    conditions = []
    if digests:
        values += [list(digests), [field.value for field in FIELDS[request.asker]]]
        conditions.append(_INDEXED)
    else:
        # The index by time is one of each kind.
        values.append([kind.value for kind in Kind])
        conditions.append(f"r.kind = ANY(${len(values)}::text[])")
    for bound, sign in ((said.starts_after, ">="), (said.starts_before, "<")):
        if bound is not None:
            values.append(bound)
            conditions.append(f"r.started_at {sign} ${len(values)}")
    rows = await DB.fetch(
        f"{_FOUND} AND {' AND '.join(conditions)} ORDER BY r.started_at, r.id LIMIT {MOST + 1:d}", *values
    )
    return [_candidate(row) for row in rows if row["parts"]]


async def of_ids(tenant: UUID, recordings: Sequence[UUID], *, now: datetime) -> list[Candidate]:
    """Those of the recordings that are here, in the controller's open scope."""
    if not recordings:
        return []
    rows = await DB.fetch(f"{_FOUND} AND r.id = ANY($3)", tenant, now, list(recordings))
    return [_candidate(row) for row in rows]


async def require_known(tenant: UUID, recordings: Sequence[UUID], *, now: datetime) -> None:
    """Refuse ids that are not this controller's, in its open scope: another's answers as one that does not exist.

    Raises:
        Invalid: naming each of them.
    """
    known = {one.id for one in await of_ids(tenant, recordings, now=now)}
    problems = [
        FieldProblem("recordings", "unknown", f"There is no recording with this id that you may see: {id}")
        for id in recordings
        if id not in known
    ]
    if problems:
        raise Invalid("Recordings are named that are not here.", problems)


async def chosen(
    custody: Custody, request: SubjectRequest, recordings: Collection[UUID] | None
) -> tuple[Candidate, ...]:
    """Those of the candidates of which anything is left, and of these the ones that somebody chose.

    Args:
        recordings: None for all of them.

    Raises:
        Invalid: one that was chosen is no candidate, or nothing is left of it.
    """
    left = tuple(one for one in await of_request(custody, request) if one.parts)
    if recordings is None:
        return left
    strangers = set(recordings) - {one.id for one in left}
    if strangers:
        rule = "It is not among what was found for this request, or nothing of it is left:"
        problems = [FieldProblem("recordings", "not-found-for-it", f"{rule} {id}") for id in sorted(strangers)]
        raise Invalid("Choose among what was found.", problems)
    return tuple(one for one in left if one.id in set(recordings))


def _digests(custody: Custody, tenant: UUID, said: Said, now: datetime) -> list[bytes]:
    """What was said, under each key that lives; waits for the disk."""
    sought = [(label(ContactField.CALLER_NUMBER), number) for number in said.numbers]
    if said.agent_id is not None:
        sought.append((label(ContactField.AGENT_ID), said.agent_id))
    if not sought:
        return []
    keys = [key for each in CLASSES for key in custody.keyring.live_keys(tenant, each, now=now)]
    return [key.blind_index(kind, value) for kind, value in sought for key in keys]


def _filters(said: Said | None) -> list[str]:
    """Which of what was said is searched by, by name: as much as the log may know."""
    names = ("numbers", "agent_id", "starts_after", "starts_before", "recordings")
    return [name for name in names if said is not None and getattr(said, name)]


def _candidate(row: object) -> Candidate:
    known = dict(row)  # type: ignore[call-overload]  # a record is a mapping
    return Candidate(**known | {"kind": Kind(known["kind"]), "parts": tuple(known["parts"])})
