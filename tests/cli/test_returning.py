"""A controller takes back from a terminal what is its own, checks it, and says that it has it."""

import json
from datetime import timedelta

import pyrage

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.returning.opened import AFTER_THE_END, RETURNS, Keeper, run
from tests.world import World
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret


async def test_everything_is_fetched_checked_and_confirmed(terminal: Terminal, world: World) -> None:
    house = await world.house("prh", edits=RETURNS)
    keeper, mine = Keeper(house), house.administrator
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        assert "will be returned" in (await terminal.run("return", "status", as_=mine)).stdout
        dpo = await house.person(Role.DPO)
        why = ("--reason", "The archive of the authority.")
        assert "age-keygen" in (await terminal.run("return", "register", "age1", *why, as_=mine, exit_code=1)).stderr
        proposal = await terminal.json("return", "register", keeper.public_key, *why, as_=mine)
        assert keeper.public_key in (await terminal.run("proposals", proposal["id"], as_=dpo)).stdout
        await terminal.run("approve", proposal["id"], *why, "--yes", as_=dpo)
    directory = terminal.home / "returned"
    async with world.later(AFTER_THE_END):
        await run(world, house)
        assert "waits for an administrator" in (await terminal.run("return", "status", as_=mine)).stdout
        waiver = await terminal.json("return", "waive", *why, as_=mine)
        await terminal.run("reject", waiver["id"], "--reason", "A mistake.", as_=mine)
        fetched = await terminal.json("return", "fetch", str(directory), as_=mine)
        key = terminal.home / "other.pem"
        key.write_bytes(SigningKey(Secret(bytes(32))).public_pem)
        strange = await terminal.run("return", "fetch", str(directory), "--key", str(key), as_=mine, exit_code=1)
        assert "proves nothing" in strange.stderr
        archive = directory / "000001.tar.age"
        whole = archive.read_bytes()
        # Broken off, or something else by that name: it is made what the manifest lists.
        for left in (whole[:100], b"x" * len(whole)):
            archive.write_bytes(left)
            assert (await terminal.json("return", "fetch", str(directory), as_=mine)) == fetched
            assert archive.read_bytes() == whole
        assert b"recording.json" in pyrage.decrypt(whole, [keeper.identity])
        manifest = directory / "manifest.json"
        assert json.loads(manifest.read_bytes())["manifest"]["recordings"] == 1
        told = await terminal.json("return", "confirm", str(manifest), "--yes", as_=mine)
        assert (told["stage"], told["manifest_sha256"]) == ("confirmed", fetched["manifest_sha256"])
