"""kill -9 at any call of a destruction: whoever comes next finishes it, and the certificate says the same.

`VAULT_FAULT_ROUNDS` makes it longer; the seed of each round is in its name.
"""

import os
import random
from datetime import timedelta

import pytest

from tests.builders import chat, talk
from tests.destruction.aside import bucket_of, kept, rows_of
from tests.faults.victim import Work, run_until_killed
from tests.world import House, World
from vault.custody import audit
from vault.custody.database import tenant_scope
from vault.destruction.certificates import Certificate, verify_certificate
from vault.destruction.contract_end import advance
from vault.destruction.expiry import expire

ROUNDS = max(1, int(os.environ.get("VAULT_FAULT_ROUNDS", "6")) // 2)
HOUR = timedelta(hours=1, minutes=5)
EMPTIED = ("recording", "part", "blind_index", "access", "upload", "member")


async def kill_until_done(house: House, work: Work, dice: random.Random) -> int:
    """Run and kill at random calls until a run comes to its end; the number of kills is the answer."""
    kills = 0
    while True:
        # A victim that lives longer each time cannot go on for ever.
        calls = dice.randint(1, 20 * (kills + 1))
        exit_code = run_until_killed(work, house.world.settings, house.tenant, calls)
        if exit_code == 0:
            return kills
        assert exit_code == -9
        kills += 1


async def certificates(house: House) -> list[Certificate]:
    """Every certificate of the controller, verified."""
    key = house.world.custody.keyring.signing_key().public_pem
    rows = await rows_of(house, "destruction")
    return [verify_certificate(row["certificate"], key) for row in rows if row["certificate"]]


async def verify_log(house: House) -> None:
    """The chain of events is whole, and no destruction that began is left unfinished."""
    async with tenant_scope(house.tenant):
        events = await audit.page(house.tenant, after=0, limit=10_000)
        head = await audit.head(house.tenant)
    assert audit.verify(events) == head
    assert {row["state"] for row in await rows_of(house, "destruction")} == {"completed"}


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_an_expiry_killed_anywhere_is_finished_by_the_next(world: World, seed: int) -> None:
    survivor = await world.house("prh")  # each round its own: a key whose hour has come is never made again
    said = chat(kind="chatbot", started_at=world.now() - timedelta(minutes=10))
    for _ in range(2):
        await survivor.recording(talk("My reference is 1234567."), **said)
    others = [name for name in await kept(survivor) if name != "identifiers"]
    async with world.later(HOUR):
        kills = await kill_until_done(survivor, expire, random.Random(seed))  # noqa: S311 - dice, not secrets
    assert await kept(survivor) == others, f"after {kills} kills"
    proofs = await certificates(survivor)
    assert sum(proof.destroyed.parts for proof in proofs) == 2
    assert len(proofs) == 1
    await verify_log(survivor)


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_a_contract_end_killed_anywhere_is_finished_by_the_next(world: World, seed: int) -> None:
    house = await world.house("prh")
    for _ in range(2):
        await house.recording()
    await world.custody.objects.put(await bucket_of(house), "stray", 5, b"stray")
    async with world.later(timedelta(days=2001)):
        kills = await kill_until_done(house, advance, random.Random(seed))  # noqa: S311 - dice, not secrets
    left = [table for table in EMPTIED if await rows_of(house, table)]
    assert left == [], f"after {kills} kills"
    assert not await world.custody.objects.bucket_exists(await bucket_of(house))
    (proof,) = await certificates(house)
    assert (proof.destroyed.recordings, proof.destroyed.parts, proof.method.object_versions_removed) == (2, 6, 3)
    assert proof.method.tenant_key_destroyed
    await verify_log(house)
