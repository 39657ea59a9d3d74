"""kill -9 at any call of a return, or of an end at which something is held: whoever comes next finishes it.

`VAULT_FAULT_ROUNDS` makes it longer; the seed of each round is in its name.
"""

import os
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.contracts import ContractState
from tests.destruction.aside import bucket_of, rows_of
from tests.destruction.test_contract_end_held import CLAIM, release
from tests.faults.test_destruction_faults import certificates, kill_until_done, verify_log
from tests.returning.opened import AFTER_THE_END, RETURNS, Keeper
from tests.world import House, World
from vault.custody.custody import Custody
from vault.destruction.contract_end import advance
from vault.returning import selection

ROUNDS = max(1, int(os.environ.get("VAULT_FAULT_ROUNDS", "6")) // 6)


async def advance_in_small_archives(custody: Custody, tenant: UUID, now: datetime) -> ContractState:
    """The contract's clock, where an archive holds one recording."""
    before, most = selection.RECORDINGS, "RECORDINGS"
    setattr(selection, most, 1)
    try:
        return await advance(custody, tenant, now)
    finally:
        setattr(selection, most, before)


async def delivered(house: House, count: int) -> list[UUID]:
    """Recordings that came shortly before now."""
    started = (house.world.now() - timedelta(hours=2)).isoformat()
    return [await house.recording(started_at=started) for _ in range(count)]


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_a_return_killed_anywhere_is_finished_and_nothing_is_returned_twice(world: World, seed: int) -> None:
    house = await world.house("prh", edits=RETURNS)
    keeper = Keeper(house)
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        recordings = await delivered(house, 3)
        await keeper.register()
    async with world.later(AFTER_THE_END):
        dice = random.Random(seed)  # noqa: S311 - dice, not secrets
        kills = await kill_until_done(house, advance_in_small_archives, dice)
        manifest, sha256 = await keeper.manifest()
        files: dict[str, Any] = {}
        for listed in manifest["archives"]:
            opened = keeper.opened((await keeper.archive(listed["number"])).content, listed)
            files |= {name: content for name, content in opened.items() if name != "listing.json"}
        assert {UUID(name.partition("/")[0]) for name in files} == set(recordings), f"after {kills} kills"
        assert (len(manifest["archives"]), manifest["parts"]) == (3, 6)
        bucket, objects = await bucket_of(house), world.custody.objects
        assert len([version async for version in objects.versions(bucket, "return/")]) == 3
        assert await objects.unfinished_uploads(bucket) == 0
        assert (await keeper.confirm(sha256)).status_code == 200
        await kill_until_done(house, advance, dice)
    (proof,) = await certificates(house)
    assert proof.destroyed.recordings == 3
    await verify_log(house)


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_an_end_at_which_something_is_held_is_finished_wherever_it_was_killed(world: World, seed: int) -> None:
    house = await world.house("prh")
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        held, *_ = await delivered(house, 2)
        assert (await house.administrator.post(f"/v1/recordings/{held}/holds", json=CLAIM)).status_code == 201
    async with world.later(AFTER_THE_END):
        dice = random.Random(seed)  # noqa: S311 - dice, not secrets
        kills = await kill_until_done(house, advance, dice)
        standing = [row for row in await rows_of(house, "part") if row["destroyed_at"] is None]
        assert {row["recording_id"] for row in standing} == {str(held)}, f"after {kills} kills"
        await release(world, house)
        kills += await kill_until_done(house, advance, dice)
    (proof,) = await certificates(house)
    assert (proof.destroyed.recordings, proof.destroyed.parts) == (2, 6), f"after {kills} kills"
    assert not await world.custody.objects.bucket_exists(await bucket_of(house))
    await verify_log(house)
