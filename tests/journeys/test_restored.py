"""A day expires and a contract ends; then everything is put back from backups as it was, and none of it comes back."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyrage
import pytest

from infra.embedded import Stack
from tenants.vocabulary import Role
from tests.builders import found, logged, started_so_that_it_goes_tomorrow
from tests.destruction.aside import bucket_of, rows_of, stored
from tests.worker.apart import Apart, a_vault_apart
from tests.world import House, call
from vault.custody.database import DB, platform_scope
from vault.destruction.contract_end import advance
from vault.destruction.expiry import expire
from vault.reconciliation import copying, tenancies

NUMBER = "+358501234567"


@pytest.fixture(scope="module")
async def apart(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apart]:
    """A vault whose catalogue may be replaced."""
    async with a_vault_apart(running_stack, "restored", tmp_path_factory.mktemp("restored")) as vault:
        yield vault


async def command(apart: Apart, *words: str | Path, code: int = 0) -> Any:
    """What a command of the vault's own machine answers, while nobody works with the catalogue."""
    await DB.close_pool()
    try:
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "vault", *words],
            env=os.environ | apart.environment,
            capture_output=True,
            text=True,
        )
    finally:
        await DB.open_pool(apart.world.settings.database_url)
    assert ran.returncode == code, ran.stderr
    return json.loads(ran.stdout) if ran.stdout else ran.stderr


async def bucket_copy(house: House) -> dict[str, bytes]:
    objects, bucket = house.world.custody.objects, await bucket_of(house)
    return {each.key: await objects.get_all(bucket, each.key, each.version_id) for each in await stored(house)}


async def bucket_back(house: House, bucket: str, bodies: dict[str, bytes]) -> None:
    await house.world.custody.objects.create_bucket(bucket, "eu-north-1")
    for key, body in bodies.items():
        await house.world.custody.objects.put(bucket, key, len(body), body)


async def test_put_back_as_it_was_nothing_that_was_destroyed_opens_or_is_found(apart: Apart, tmp_path: Path) -> None:
    world = apart.world
    edits = {'contact = { keep = "P12M"': 'contact = { keep = "P6M"'}
    one, other = await world.house("prh", edits=edits), await world.house("prh")
    started = started_so_that_it_goes_tomorrow(world.now(), months=6)
    gone = await one.recording(started_at=started.isoformat())
    ended = await other.recording()
    for house in (one, other):
        await copying.copy(world.custody, house.tenant)
        await tenancies.copy(world.custody, house.tenant)
    supervisor = await one.lasting(await one.person(Role.SUPERVISOR))

    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(str(identity))
    recipient, dump, ring = str(identity.to_public()), tmp_path / "catalogue.backup", tmp_path / "keyring.backup"
    await command(apart, "backup", "catalogue", dump, "--recipient", recipient, "--json")
    await command(apart, "backup", "keyring", ring, "--recipient", recipient, "--json")
    assert NUMBER.encode() not in dump.read_bytes() and one.slug.encode() not in dump.read_bytes()
    copies = [(house, await bucket_of(house), await bucket_copy(house)) for house in (one, other)]

    async with world.later(timedelta(days=2)):
        assert (await expire(world.custody, one.tenant, world.now())).failed == 0
        yesterday = world.today() - timedelta(days=1)
        await _end(other, yesterday.isoformat())
        await advance(world.custody, other.tenant, world.now())
        later = await one.recording(**call(started_at=(world.now() - timedelta(minutes=5)).isoformat()))
        await copying.copy(world.custody, one.tenant)

        for house, bucket, bodies in copies:
            await bucket_back(house, bucket, bodies)
        restored = await command(
            apart, "restore", "catalogue", dump, "--identity", tmp_path / "identity", "--replace", "--json"
        )
        assert await found(supervisor, number=NUMBER) == [later]
        answer = await supervisor.get(f"/v1/recordings/{later}")
        assert answer.status_code == 200, answer.text
        assert await _refused(supervisor.get(f"/v1/recordings/{gone}"))
        assert await _refused(
            supervisor.post(f"/v1/recordings/{gone}/accesses", json={"purpose": "training", "reason": "Once more."})
        )
        assert {row["id"]: row["destroyed_at"] is not None for row in await rows_of(one, "recording")} == {
            str(gone): True,
            str(later): False,
        }
        # It says so: to whoever restored, and in the log.
        said = {item["slug"]: item for item in restored["controllers"]}
        assert said[one.slug]["findings"]["unknown_recording"] == 1
        assert said[one.slug]["destroyed_again"] == 3
        assert said[other.slug]["contract"] == "destroyed"
        (again,) = await rows_of(other, "destruction")
        assert json.loads(again["certificate"])["certificate"]["reason"] == "restored"
        assert {row["reason"] for row in await rows_of(one, "destruction")} == {"restored"}  # and none says expiry
        (event,) = await logged(one, "catalogue.restored")
        assert event["details"]["taken_at"] == restored["at"]
        assert [one for one in await logged(one, "recording.adopted") if one["object"] == str(later)]

        # The second time somebody tries, with the keyring as well.
        merged = await command(apart, "restore", "keyring", ring, "--identity", tmp_path / "identity", "--json")
        assert merged["restored"] == 0 and merged["destroyed"] > 0
        assert await found(supervisor, number=NUMBER) == [later]
        assert not await world.custody.objects.bucket_exists(copies[1][1])
        assert ended


async def _refused(request: Any) -> bool:
    answer: httpx.Response = await request
    return answer.status_code in (404, 410)


async def _end(house: House, last_day: str) -> None:
    async with platform_scope():
        await DB.fetch("UPDATE contract SET ends_on = $2::text::date WHERE tenant_id = $1", house.tenant, last_day)
