"""A log is verified for whoever waits for it, and for no longer; one controller waits for no other."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.auditing.test_log_files import happened
from tests.serving import serve
from tests.world import House, World
from vault.accounts import Caller, Sessions
from vault.auditing import checking, serving
from vault.auditing.checking import AT_ONCE, Progress, check, read_kept
from vault.auditing.checkpoint_notes import Checkpoint
from vault.console.audit import verifying
from vault.web_settings import WebSettings

PATIENCE = 20.0


async def kept_by(house: House) -> tuple[Caller, Checkpoint]:
    """The administrator, and the newest checkpoint of their log."""
    caller = await Sessions(house.world.custody).authenticate(house.administrator.token)
    note = (await house.administrator.get("/audit/checkpoint")).text
    return caller, read_kept(house.world.custody, caller, note)


async def test_whoever_verifies_a_log_waits_for_nobody_of_another_log(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, other = await world.house("prh"), await world.house("prh")
    waiting, verified = asyncio.Event(), checking._verified

    async def waits(custody: Any, caller: Caller, kept: Checkpoint, progress: Progress) -> Any:
        if caller.tenant == busy.tenant:
            await waiting.wait()
        return await verified(custody, caller, kept, progress)

    monkeypatch.setattr(checking, "_verified", waits)
    caller, kept = await kept_by(busy)
    going = [asyncio.create_task(check(world.custody, caller, kept, Progress())) for _ in range(AT_ONCE + 1)]
    await asyncio.sleep(0.1)
    caller, kept = await kept_by(other)
    assert await asyncio.wait_for(check(world.custody, caller, kept, Progress()), PATIENCE)
    waiting.set()
    assert all(await asyncio.gather(*going))


async def test_a_verification_that_nobody_waits_for_reads_no_further(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, tile, read = await world.house("prh"), serving.tile, asyncio.Event()
    await happened(house, 600)

    async def slowly(*asked: Any) -> bytes:
        read.set()
        await asyncio.sleep(0.2)
        return await tile(*asked)

    caller, kept = await kept_by(house)
    monkeypatch.setattr(serving, "tile", slowly)
    progress = Progress()
    going = asyncio.create_task(check(world.custody, caller, kept, progress))
    await asyncio.wait_for(read.wait(), PATIENCE)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    await asyncio.sleep(1)
    assert progress.read == 1


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """Set when a verification that would never end was cancelled."""
    cancelled = asyncio.Event()

    async def never(*_: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    monkeypatch.setattr(verifying, "check", never)
    yield cancelled


async def test_a_verification_ends_with_the_page_that_follows_it(world: World, ended: asyncio.Event) -> None:
    house = await world.house("prh")
    said = {"authorization": f"Bearer {house.administrator.token}"}
    async with serve(world, WebSettings(limits={})) as client:
        note = (await client.get("/audit/checkpoint", headers=said)).text
        begun = await client.post("/audit/verify", data={"checkpoint": note}, headers=said)
        where = begun.headers["location"]
        assert re.fullmatch("/audit/verify/[0-9a-f]{32}", where)
        async with client.stream("GET", f"{where}/live", headers=said) as told:
            assert told.status_code == 200
            assert await anext(told.aiter_text())
            assert not ended.is_set()
        await asyncio.wait_for(ended.wait(), PATIENCE)
