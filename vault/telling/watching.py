"""Deadlines are watched with nobody logged in: each stage of each is told once, and late stages to more people."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from tenants.deadlines import Deadline, DeadlineKind, Stage, reached
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic

Source = Callable[[UUID], Awaitable[Sequence[Deadline]]]
"""What one capability has to be done by when, in the controller's open scope: what is done is not among it."""

_TOPICS: Final[Mapping[DeadlineKind, tuple[Topic, Topic | None]]] = MappingProxyType(
    {
        # Whoever lets it lapse or expire, or raises the alarm, tells that.
        DeadlineKind.DECISION: (Topic.DISCLOSURE_UNDECIDED, None),
        DeadlineKind.FETCH: (Topic.PACKAGE_UNFETCHED, None),
        DeadlineKind.CONFIRMATION: (Topic.DISCLOSURE_UNCONFIRMED, None),
        DeadlineKind.PERMIT: (Topic.PERMIT_ENDING, Topic.PERMIT_ENDING),
        DeadlineKind.DUTY: (Topic.DUTY_COMING, Topic.DUTY_OVERDUE),
        DeadlineKind.SUBJECT_REQUEST: (Topic.SUBJECT_REQUEST_COMING, Topic.SUBJECT_REQUEST_OVERDUE),
        DeadlineKind.GLASS_REVIEW: (Topic.GLASS_UNREVIEWED, Topic.GLASS_UNREVIEWED),
        # What is not confirmed is removed on the day, and whoever removes it tells that.
        DeadlineKind.RIGHTS_REVIEW: (Topic.RIGHTS_UNCONFIRMED, None),
    }
)
"""What is told of a kind before its deadline, and from then on."""

_FIRST_TO: Final[Mapping[DeadlineKind, Audience]] = MappingProxyType(
    {
        DeadlineKind.DECISION: Audience.BOTH,
        DeadlineKind.CONFIRMATION: Audience.BOTH,
        DeadlineKind.GLASS_REVIEW: Audience.BOTH,
        DeadlineKind.RIGHTS_REVIEW: Audience.ADMINISTRATORS,
    }
)
"""Where persons of either role have to act, both are reminded; of everything else the DPO is, until it is late."""


@dataclass(frozen=True)
class Reached:
    """A deadline at a stage that is to be told."""

    deadline: Deadline
    stage: Stage
    topic: Topic

    @property
    def once(self) -> str:
        """By what it is told from the others of its object: a deadline that was moved begins anew."""
        return f"{self.deadline.kind}:{self.stage}:{self.deadline.due_at.isoformat()}"

    @property
    def audience(self) -> Audience:
        """Who is told."""
        if self.stage in (Stage.OVERDUE, Stage.ESCALATED):
            return Audience.BOTH
        return _FIRST_TO.get(self.deadline.kind, Audience.DPO)


async def is_due(tenant: UUID, sources: Sequence[Source], now: datetime) -> bool:
    """Whether a stage is reached that was not told; in the controller's open scope."""
    return bool(await _untold(tenant, sources, now))


async def watch(custody: Custody, sources: Sequence[Source], tenant: UUID) -> int:
    """Tell each stage that is reached, once however often this runs.

    Returns:
        How many were told.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        told = [await _tell(tenant, each, now) for each in await _untold(tenant, sources, now)]
    return sum(told)


async def _untold(tenant: UUID, sources: Sequence[Source], now: datetime) -> list[Reached]:
    deadlines = [deadline for source in sources for deadline in await source(tenant)]
    found = [each for each in (_reached(deadline, now) for deadline in deadlines) if each is not None]
    if not found:
        return []
    rows = await DB.fetch(
        "SELECT object_id, topic, once FROM message WHERE tenant_id = $1 AND object_id = ANY($2) AND once IS NOT NULL",
        tenant,
        [each.deadline.object_id for each in found],
    )
    told = {(row["object_id"], row["topic"], row["once"]) for row in rows}
    return [each for each in found if (each.deadline.object_id, each.topic, each.once) not in told]


def _reached(deadline: Deadline, now: datetime) -> Reached | None:
    stage = reached(deadline, now)
    if stage is None:
        return None
    before, after = _TOPICS[deadline.kind]
    topic = after if stage in (Stage.OVERDUE, Stage.ESCALATED) else before
    return None if topic is None else Reached(deadline, stage, topic)


async def _tell(tenant: UUID, each: Reached, now: datetime) -> bool:
    details: dict[str, Detail] = {"deadline": each.deadline.kind, "stage": each.stage, "due_at": each.deadline.due_at}
    told = await tell(
        tenant,
        each.topic,
        each.deadline.object_id,
        audience=each.audience,
        now=now,
        details=details,
        once=each.once,
    )
    return told is not None
