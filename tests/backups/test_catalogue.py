"""A catalogue is dumped by a role that only reads, comes back whole or not at all, or is made anew from the store."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pyrage
import pytest

from infra.embedded import Stack
from tenants.vocabulary import Role
from tests.destruction.aside import bucket_of
from tests.journeys.test_restored import command
from tests.worker.apart import Apart, a_vault_apart
from tests.world import House
from vault.backups import catalogue, files, horizons
from vault.backups.files import BackupError, BackupInvalid, BackupRefused, Kind, Label
from vault.custody.database import DB, tenant_scope
from vault.reconciliation import copying, rounds
from vault.worker import schedule
from vault.worker.actors import COPIES_MAKE, STORE_COMPARE, Hands

KEEPER = pyrage.x25519.Identity.generate()
RECIPIENT = [str(KEEPER.to_public())]


@pytest.fixture(scope="module")
async def apart(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apart]:
    async with a_vault_apart(running_stack, "backups", tmp_path_factory.mktemp("backups")) as vault:
        yield vault


@pytest.fixture(scope="module")
async def house(apart: Apart) -> House:
    return await apart.world.house("prh")


def label(apart: Apart) -> Label:
    now = apart.world.now()
    return Label(Kind.CATALOGUE, now, now + timedelta(days=35))


async def test_the_horizon_is_the_strictest_of_all_policies(apart: Apart, house: House) -> None:
    now = apart.world.now()
    await apart.world.house("prh", edits={'time_zone = "': 'backups = { keyring = "P3D" }\ntime_zone = "'})
    assert (await horizons.label(Kind.CATALOGUE, now=now)).until - now > timedelta(days=34)
    assert (await horizons.label(Kind.KEYRING, now=now)).until - now < timedelta(days=4)


async def test_what_does_not_restore_leaves_the_catalogue_as_it_was(apart: Apart, house: House, tmp_path: Path) -> None:
    settings = apart.world.settings
    owner, backup = str(settings.owner_database_url), str(settings.backup_database_url)
    programs = await catalogue.Programs.of(owner)
    with pytest.raises(BackupError):  # the owner is narrowed as everybody is, and says so
        catalogue.dump(programs, owner, tmp_path / "owners", label(apart), RECIPIENT)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    catalogue.dump(programs, backup, whole, label(apart), RECIPIENT)
    broken.write_bytes(whole.read_bytes()[:-3])
    files.seal(io.BytesIO(b"PGDMP but not one"), tmp_path / "other", label(apart), RECIPIENT)
    with pytest.raises(BackupRefused, match="stop the API"):
        await catalogue.restore(programs, owner, whole, str(KEEPER), now=apart.world.now(), replace=True)
    await DB.close_pool()
    try:
        with pytest.raises(BackupRefused, match="--replace"):
            await catalogue.restore(programs, owner, whole, str(KEEPER), now=apart.world.now(), replace=False)
        for file in (broken, tmp_path / "other"):
            with pytest.raises(BackupInvalid):
                await catalogue.restore(programs, owner, file, str(KEEPER), now=apart.world.now(), replace=True)
    finally:
        await DB.open_pool(settings.database_url)
    assert (await house.administrator.get("/v1/me")).status_code == 200


async def test_the_dumping_role_cannot_write(apart: Apart) -> None:
    connection = await asyncpg.connect(str(apart.world.settings.backup_database_url))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM recording")
    finally:
        await connection.close()


async def test_a_worker_copies_what_is_new_and_compares_every_day(apart: Apart, house: House) -> None:
    custody, now = apart.world.custody, apart.world.now()
    await house.recording()
    await schedule.ask(now)
    assert COPIES_MAKE in await jobs(house) and STORE_COMPARE not in await jobs(house)
    hands = Hands(custody, apart.world.settings.database_url)
    assert await hands.make_copies(house.tenant)
    async with tenant_scope(house.tenant):
        assert not await copying.is_wanted(house.tenant)
    async with apart.world.later(timedelta(days=2)):
        await schedule.ask(apart.world.now())
        assert STORE_COMPARE in await jobs(house)
        assert await hands.compare(house.tenant) and await hands.compare_all(house.tenant)


async def jobs(house: House) -> set[str]:
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT actor FROM outbox WHERE tenant_id = $1", house.tenant)
    return {row["actor"] for row in rows}


async def test_a_catalogue_that_is_lost_is_made_anew_from_store_and_keyring(apart: Apart, house: House) -> None:
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    held = await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    assert held.status_code == 201, held.text
    await copying.copy(apart.world.custody, house.tenant)
    await rounds.run(apart.world.custody, house.tenant)
    bucket = await bucket_of(house)
    owner = await asyncpg.connect(str(apart.world.settings.owner_database_url))
    await owner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    await owner.close()

    answer = await command(apart, "rebuild", "--json")
    (said,) = [item for item in answer["controllers"] if item["slug"] == house.slug]
    assert said["findings"]["unknown_recording"] == 2
    assert await bucket_of(house) == bucket
    async with tenant_scope(house.tenant):
        (row,) = await DB.fetch("SELECT reason FROM hold WHERE recording_id = $1 AND released_at IS NULL", recording)
        assert row["reason"] == "legal_claim"
        rows = await DB.fetch("SELECT bool_and(hold_key_id IS NOT NULL) FROM part WHERE recording_id = $1", recording)
        assert rows[0][0]
    # People are not in the store; the first operator is invited anew, and invites them.
    apart.world.operators.clear()
    await apart.world.begin()
    assert (await (await apart.world.operator()).get("/v1/reconciliation")).status_code == 200
