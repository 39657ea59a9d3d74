"""Whose calls somebody may hear where it is not everybody's: their own, and those of the teams that they lead.

A team is as it was at the time of the call: whoever leads it today hears what an agent recorded while in it. Of a call
that went from hand to hand each agent, and whoever leads them, hears the segments of that agent and no others.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from tenants.recordings import Segment

Stretches: TypeAlias = tuple[tuple[int, int], ...]
"""From and until which millisecond; empty where nothing is left out."""


NO_PAST = timedelta(hours=1)
"""What began so lately begins now: forms tell minutes, clocks differ, and a shift is entered after it has begun."""


class Backdating(StrEnum):
    """Why somebody is recorded to have been in a team before it was recorded."""

    IMPORTED = "imported"
    NOTED_LATE = "noted_late"
    WAS_WRONG = "was_wrong"


def reaches_back(since: datetime, now: datetime) -> bool:
    """Whether an agent's time in a team that is recorded now covers some that is past: old calls are heard by it."""
    return since < now - NO_PAST


class Spell(Struct, frozen=True, kw_only=True):
    """An agent whose calls are within reach: those that began at `since` or later, and before `until`."""

    agent_id: str
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, agent_id: str | None, started_at: datetime | None) -> bool:
        """Whether a call of this agent that began then is within reach; where nobody knows when, it is not."""
        if agent_id != self.agent_id:
            return False
        if started_at is None:
            return self.since is None and self.until is None
        return (self.since is None or self.since <= started_at) and (self.until is None or started_at < self.until)


def heard(
    reach: Sequence[Spell], *, agent_id: str | None, segments: Sequence[Segment], started_at: datetime | None
) -> Stretches | None:
    """What of a recording is within reach: these stretches, all of it where they are empty, or None, nothing.

    Args:
        agent_id: whose call it was, where it stayed in one hand.
        segments: who had it from when until when, where it did not.
    """

    def is_near(agent: str | None) -> bool:
        return any(spell.covers(agent, started_at) for spell in reach)

    if not segments:
        return () if is_near(agent_id) else None
    near = [segment for segment in segments if is_near(segment.agent_id)]
    if len(near) == len(segments):
        return ()
    return _joined((segment.starts_ms, segment.ends_ms) for segment in near) or None


def _joined(stretches: Iterable[tuple[int, int]]) -> Stretches:
    """In order, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for starts, ends in sorted(stretches):
        if joined and starts <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((starts, ends))
    return tuple(joined)
