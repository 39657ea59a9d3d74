"""Requests of data subjects in the catalogue: words of ours, ids and dates in clear, what anybody said sealed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import msgspec
from asyncpg import Record

from tenants.disclosing import DisclosureState
from tenants.subject_rules import Asker, Channel, IdentityMeans, RefusalGround, RequestState
from tenants.vocabulary import DisclosureKind, Right
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.disclosure.words import open_words, seal_words
from vault.errors import NotFound
from vault.proposals.model import State as ProposalState
from vault.subjects.model import Act, ActKind, Answer, Given, Ordered, Said, SubjectRequest

SAID, EXTENSION, ANSWER = "subject_request", "subject_request.extension", "subject_request.answer"
"""Under which names the words of a request are sealed."""

ERASE: Final = "erase_for_subject"
"""The action of the proposals that a request leads to."""

Words = TypeVar("Words", Said, Answer)


@dataclass(frozen=True)
class Sealed:
    """A request as its rows stand, with its words still sealed."""

    request: SubjectRequest
    said: bytes | None
    extension: bytes | None
    answer: bytes | None


def seal(custody: Custody, request: SubjectRequest, name: str, words: Said | Answer, *, now: datetime) -> bytes:
    """Words of a request as they are stored; blocks on the disk."""
    return seal_words(custody, request.tenant, request.id, name, msgspec.json.encode(words), now=now)


def opened(custody: Custody, found: Sealed, *, now: datetime) -> SubjectRequest:
    """The request with its words, where their key still lives; blocks on the disk."""
    request = found.request
    return replace(
        request,
        said=_open(custody, request, SAID, found.said, Said, now),
        extension=_open(custody, request, EXTENSION, found.extension, Answer, now),
        answer=_open(custody, request, ANSWER, found.answer, Answer, now),
    )


def _open(
    custody: Custody, request: SubjectRequest, name: str, sealed: bytes | None, shape: type[Words], now: datetime
) -> Words | None:
    words = open_words(custody, request.tenant, request.id, name, sealed, now=now)
    return msgspec.json.decode(words, type=shape) if words else None


async def insert(request: SubjectRequest, sealed: bytes) -> None:
    """Store a new request in the controller's open scope."""
    values = {
        "tenant_id": request.tenant,
        "id": request.id,
        "invoked": request.invoked,
        "asker": request.asker,
        "state": request.state,
        "channel": request.channel,
        "language": request.language,
        "policy_version": request.policy_version,
        "received_on": request.received_on,
        "due_on": request.due_on,
        "sealed": sealed,
        "recorded_by": request.recorded_by,
        "recorded_at": request.recorded_at,
    }
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    sql = f"INSERT INTO subject_request ({', '.join(values)}) VALUES ({places})"  # noqa: S608 - our own names
    await DB.fetch(sql, *values.values())


async def update(request: SubjectRequest, **columns: Any) -> None:
    """Write columns of a request in the controller's open scope."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 3))
    sql = f"UPDATE subject_request SET {sets} WHERE tenant_id = $1 AND id = $2"  # noqa: S608 - our own names
    await DB.fetch(sql, request.tenant, request.id, *columns.values())


async def fetch(tenant: UUID, request_id: UUID, *, lock: bool = False) -> Sealed:
    """One request in the open scope, its words sealed.

    Args:
        lock: hold its row until the scope ends, so that it takes one step at a time.

    Raises:
        NotFound: no such request of this controller.
    """
    found = await DB.fetch(
        "SELECT * FROM subject_request WHERE tenant_id = $1 AND id = $2" + (" FOR UPDATE" if lock else ""),  # noqa: S608 - ours
        tenant,
        request_id,
    )
    if not found:
        raise NotFound
    return (await sealed_of(tenant, found))[0]


async def sealed_of(tenant: UUID, found: Sequence[Record]) -> list[Sealed]:
    """Requests from their rows, each with what was done for it, in the open scope."""
    ids = [row["id"] for row in found]
    acts = _by_request(
        await DB.fetch(
            "SELECT * FROM subject_act WHERE tenant_id = $1 AND request_id = ANY($2) ORDER BY done_at, id", tenant, ids
        )
    )
    given = _by_request(
        await DB.fetch(
            "SELECT subject_request_id AS request_id, id, kind, state FROM disclosure"
            " WHERE tenant_id = $1 AND subject_request_id = ANY($2) ORDER BY requested_at, id",
            tenant,
            ids,
        )
    )
    ordered = _by_request(
        await DB.fetch(
            "SELECT object_id AS request_id, id, state FROM proposal"
            " WHERE tenant_id = $1 AND action = $2 AND object_id = ANY($3) ORDER BY proposed_at, id",
            tenant,
            ERASE,
            ids,
        )
    )
    return [
        Sealed(
            _request(row, acts[row["id"]], given[row["id"]], ordered[row["id"]]),
            row["sealed"],
            row["sealed_extension"],
            row["sealed_answer"],
        )
        for row in found
    ]


async def note_acts(request: SubjectRequest, acts: Sequence[Act]) -> None:
    """Write down what was done with which recordings, in the open scope."""
    await DB.fetch(
        "INSERT INTO subject_act (tenant_id, id, request_id, recording_id, act, object_id, done_by, done_at)"
        " SELECT $1, a.id, $2, a.recording, a.act, a.object, a.by, a.at FROM"
        " unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::timestamptz[])"
        " AS a (id, recording, act, object, by, at)",
        request.tenant,
        request.id,
        [uuid4() for _ in acts],
        [act.recording_id for act in acts],
        [act.act for act in acts],
        [act.object_id for act in acts],
        [act.done_by for act in acts],
        [act.done_at for act in acts],
    )


def _by_request(found: Iterable[Record]) -> dict[UUID, list[Record]]:
    by: dict[UUID, list[Record]] = defaultdict(list)
    for row in found:
        by[row["request_id"]].append(row)
    return by


def _request(row: Record, acts: Sequence[Record], given: Sequence[Record], ordered: Sequence[Record]) -> SubjectRequest:
    return SubjectRequest(
        tenant=row["tenant_id"],
        id=row["id"],
        invoked=Right(row["invoked"]),
        asker=Asker(row["asker"]),
        state=RequestState(row["state"]),
        channel=Channel(row["channel"]),
        language=row["language"],
        policy_version=row["policy_version"],
        received_on=row["received_on"],
        due_on=row["due_on"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        extended_at=row["extended_at"],
        means=None if row["means"] is None else IdentityMeans(row["means"]),
        identified_at=row["identified_at"],
        identified_by=row["identified_by"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        ground=None if row["ground"] is None else RefusalGround(row["ground"]),
        clause=row["clause"],
        acts=tuple(map(_act, acts)),
        disclosures=tuple(
            Given(id=one["id"], kind=DisclosureKind(one["kind"]), state=DisclosureState(one["state"])) for one in given
        ),
        orders=tuple(Ordered(id=one["id"], state=ProposalState(one["state"])) for one in ordered),
    )


def _act(row: Record) -> Act:
    return Act(
        recording_id=row["recording_id"],
        act=ActKind(row["act"]),
        object_id=row["object_id"],
        done_by=row["done_by"],
        done_at=row["done_at"],
    )
