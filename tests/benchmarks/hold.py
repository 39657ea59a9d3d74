"""A hold costs a few times a bare row: keys are made and moved, and all of it is durable before it is acknowledged.

Both sides go to the same PostgreSQL, each hold in transactions of its own, eight at once; in bulk all share one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID, uuid4

from tenants.decisions import Person
from tenants.keeping import Reason
from tenants.vocabulary import HoldReason, Role
from tests.benchmarks import Row, Turns, tell
from tests.benchmarks.served import served
from tests.world import House, World, wav
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.keeping.acts import End, Place
from vault.keeping.placing import place_hold
from vault.keeping.settling import settle

HELD = 40
"""Recordings held in each round."""

AT_ONCE = 8
ROUNDS = 3

Work = Callable[[], Awaitable[None]]


def rows() -> list[Row]:
    """Holds one by one and in bulk, against bare inserts of a hold's row."""
    with served(_measured) as (_, turns):
        pace = {side: HELD / turns.median(side) for side in turns.seconds}
        compared = [
            ("place a hold, 8 at once, against a bare row", "single", "row", 0.05),
            ("place holds in bulk, against bare rows in one transaction", "bulk", "batch", 0.015),
        ]
        return [
            Row(name, pace[ours], pace[peer], turns.ratio(ours, peer), target, "holds/s")
            for name, ours, peer, target in compared
        ]


async def _measured(world: World) -> Turns:
    house = await world.house()
    recordings = [await house.recording(wav(0.1)) for _ in range(HELD)]
    holding = _Holding(world.custody, house, recordings)
    contestants: dict[str, Work] = {
        "single": holding.one_by_one,
        "row": holding.bare_rows,
        "bulk": holding.in_bulk,
        "batch": holding.bare_batch,
    }
    turns = Turns({name: [] for name in contestants})
    for turn in range(ROUNDS + 1):
        for name, work in contestants.items():
            began = time.perf_counter()
            await work()
            if turn:  # the first makes caches and connections
                turns.seconds[name].append(time.perf_counter() - began)
            await holding.let_go()
    return turns


class _Holding:
    """The same recordings, held again and again."""

    def __init__(self, custody: Custody, house: House, recordings: Sequence[UUID]) -> None:
        self._custody = custody
        self._tenant = house.tenant
        self._recordings = recordings
        person = Person(id=house.administrator.id, tenant=house.tenant, roles=frozenset({Role.ADMINISTRATOR}))
        self._caller = Caller(person, house.administrator.id)
        self._placed: list[tuple[UUID, UUID]] = []

    async def one_by_one(self) -> None:
        async def place(recording: UUID) -> None:
            held = await place_hold(self._custody, self._caller, recording, reason=HoldReason.LEGAL_CLAIM)
            self._placed.append((recording, held.reason.id))

        await _so_many_at_once([place(recording) for recording in self._recordings])

    async def in_bulk(self) -> None:
        now = self._custody.clock.now()
        acts = {
            recording: Place(
                Reason(id=uuid4(), ground=HoldReason.LEGAL_CLAIM, by=self._caller.id, since=now), note=None
            )
            for recording in self._recordings
        }
        assert not await settle(self._custody, self._tenant, acts)
        self._placed += [(recording, act.reason.id) for recording, act in acts.items()]

    async def bare_rows(self) -> None:
        async def insert() -> None:
            async with tenant_scope(self._tenant):
                await self._insert([uuid4()])

        await _so_many_at_once([insert() for _ in self._recordings])

    async def bare_batch(self) -> None:
        async with tenant_scope(self._tenant):
            await self._insert([uuid4() for _ in self._recordings])

    async def _insert(self, recordings: Sequence[UUID]) -> None:
        await DB.fetch(
            "INSERT INTO hold (tenant_id, id, recording_id, reason, placed_by, placed_at, released_at)"
            " SELECT $1, gen_random_uuid(), recording, 'legal_claim', $2, $3, $3 FROM unnest($4::uuid[]) AS recording",
            self._tenant,
            self._caller.id,
            self._custody.clock.now(),
            list(recordings),
        )

    async def let_go(self) -> None:
        """Not measured: what was held is free again."""
        ends = {recording: End(hold, self._caller.id) for recording, hold in self._placed}
        assert not await settle(self._custody, self._tenant, ends)
        self._placed.clear()


async def _so_many_at_once(works: Sequence[Awaitable[None]]) -> None:
    free = asyncio.Semaphore(AT_ONCE)

    async def one(work: Awaitable[None]) -> None:
        async with free:
            await work

    await asyncio.gather(*map(one, works))


if __name__ == "__main__":
    tell(rows())
