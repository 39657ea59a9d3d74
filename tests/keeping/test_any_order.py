"""Whatever is done in whatever order: nothing outlives its day without a live reason, nor goes while one lives."""

import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.keeping.holding import run
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope

STEPS = 24


@dataclass
class Walk:
    """A recording on its way through the real vault, and beside it what should become of it, from the events alone."""

    house: House
    dice: random.Random
    recording: UUID
    live: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    reached: dict[str, set[str]] = field(default_factory=dict)

    @property
    def administrator(self) -> As:
        return self.house.administrator

    async def place(self) -> None:
        kind, body = self.dice.choice(
            [("holds", {"reason": "legal_claim"}), ("restrictions", {"ground": "objection_pending"})]
        )
        self.lapse()
        names = {str(part["name"]) for part in await self.parts() if self.can_be_kept(part)}
        until = self.house.world.now() + timedelta(days=self.dice.randint(1, 120)) if self.dice.random() < 0.5 else None
        answer = await self.administrator.post(
            f"/v1/recordings/{self.recording}/{kind}", json=body | ({"until": until.isoformat()} if until else {})
        )
        if answer.status_code == 201:
            self.live[answer.json()["id"]], self.reached[answer.json()["id"]] = (kind, until), names
        else:
            assert answer.status_code == 410, answer.text
            assert not any(part["destroyed_at"] is None and part["day"] > part["now"] for part in await self.parts()), (
                answer.text,
                await self.parts(),
                self.live,
            )

    def can_be_kept(self, part: dict[str, datetime]) -> bool:
        return part["destroyed_at"] is None and (part["day"] > part["now"] or self.is_kept(part))

    def is_kept(self, part: dict[str, datetime]) -> bool:
        return any(part["name"] in self.reached[id] for id in self.live)

    async def end(self) -> None:
        if not self.live:
            return
        id = self.dice.choice(sorted(self.live))
        kind, _ = self.live[id]
        if kind == "restrictions" and id not in self.told:
            await self.administrator.post(f"/v1/restrictions/{id}/told")
            self.told.add(id)
        verb = "release" if kind == "holds" else "lift"
        assert (await self.administrator.post(f"/v1/{kind}/{id}/{verb}")).status_code in (200, 409)
        del self.live[id]

    async def jobs(self) -> None:
        await run(self.house)

    def lapse(self) -> None:
        now = self.house.world.now()
        over = [
            id
            for id, (kind, until) in self.live.items()
            if until is not None and until <= now and (kind == "holds" or id in self.told)
        ]
        for id in over:
            del self.live[id]

    async def parts(self) -> list[dict[str, datetime]]:
        async with tenant_scope(self.house.tenant):
            rows = await DB.fetch(
                "SELECT name, destroyed_at, destroy_at AS day FROM part WHERE tenant_id = $1 AND recording_id = $2",
                self.house.tenant,
                self.recording,
            )
        return [dict(row) | {"now": self.house.world.now()} for row in rows]

    async def look(self, gone: set[str]) -> set[str]:
        """Hold what is there against what should be; gives the parts that are gone by now."""
        self.lapse()
        for part in await self.parts():
            if part["destroyed_at"] is not None and part["name"] not in gone:
                assert not self.is_kept(part), "it went while a reason lived"
                assert part["day"] <= part["now"], "it went before its day"
                gone.add(str(part["name"]))
        return gone


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_stays_without_a_reason_and_nothing_goes_while_one_lives(world: World, seed: int) -> None:
    house = await world.house("prh")
    dice = random.Random(seed)  # noqa: S311 - not a secret
    walk, gone = Walk(house, dice, await house.recording()), set[str]()
    async with AsyncExitStack() as travelled:
        for _ in range(STEPS):
            await dice.choice([walk.place, walk.end, walk.jobs])()
            await travelled.enter_async_context(world.later(timedelta(days=dice.randint(0, 40))))
            gone = await walk.look(gone)
        await walk.jobs()
        gone = await walk.look(gone)
        for part in await walk.parts():
            assert part["day"] > part["now"] or walk.is_kept(part) or part["name"] in gone, "it outlived its day"
