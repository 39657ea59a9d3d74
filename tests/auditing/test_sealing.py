"""Who acts waits for nobody; what was written is sealed once, signed in a second, and copied where nobody deletes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from tests.faults.fuse import Died
from tests.world import House, World
from vault.auditing import copying, signing
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.signing import log_verifier
from vault.auditing.verifying import verify
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import Objects
from vault.worker.sealing import Sealer


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def happen(house: House, object_id: UUID | None = None) -> UUID:
    """One event, in a transaction of its own."""
    event = audit.Event(act="access.ended", actor=house.administrator.id, object_id=object_id or uuid4())
    async with tenant_scope(house.tenant):
        await audit.record(house.tenant, event, now=house.world.now())
    assert event.object_id is not None
    return event.object_id


async def objects_of(house: House) -> list[UUID]:
    """What the sealed events are about, in their order."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch(
            "SELECT seq, object_id FROM audit_event WHERE tenant_id = $1 AND act = 'access.ended' ORDER BY seq",
            house.tenant,
        )
    return [row["object_id"] for row in rows]


async def test_writers_and_sealers_at_once_lose_and_double_nothing(house: House) -> None:
    async def write() -> list[UUID]:
        return [await happen(house) for _ in range(25)]

    async def seal() -> None:
        for _ in range(10):
            async with tenant_scope(house.tenant):
                await signing.sign(house.world.custody, house.tenant)

    *written, _, _ = await asyncio.gather(*(write() for _ in range(4)), seal(), seal())
    async with tenant_scope(house.tenant):
        head = await audit.head(house.tenant)
        events = await audit.page(house.tenant, after=0, limit=1000)
    assert audit.verify(events) == head
    sealed = await objects_of(house)
    assert sorted(sealed) == sorted(one for each in written if each for one in each)
    for each in written:
        if each:
            assert [one for one in sealed if one in each] == each, "each writer's events keep their order"


async def test_a_writer_under_way_holds_up_no_other_and_no_sealer(house: House) -> None:
    waiting, told = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with tenant_scope(house.tenant):
            event = audit.Event(act="access.ended", actor=house.administrator.id, object_id=UUID(int=1))
            await audit.record(house.tenant, event, now=house.world.now())
            told.set()
            await waiting.wait()

    under_way = asyncio.create_task(slow())
    await told.wait()
    async with asyncio.timeout(20):
        quick = await happen(house)
        async with tenant_scope(house.tenant):
            await signing.sign(house.world.custody, house.tenant)
    assert await objects_of(house) == [quick]
    waiting.set()
    await under_way
    async with tenant_scope(house.tenant):
        await signing.sign(house.world.custody, house.tenant)
    assert await objects_of(house) == [quick, UUID(int=1)], "it came later, and is neither lost nor there twice"


async def test_what_is_killed_while_it_signs_has_signed_nothing(house: House) -> None:
    custody = house.world.custody
    lost = await happen(house)
    with suppress(Died):
        async with tenant_scope(house.tenant):
            unseen = await signing.sign(custody, house.tenant)
            raise Died
    await happen(house)
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT size FROM audit_checkpoint WHERE size = $1", unseen.tree.size)
        now = await signing.sign(custody, house.tenant)
    assert (rows, now.tree.size) == ([], unseen.tree.size + 1)
    assert lost in await objects_of(house)


async def test_the_sealer_signs_within_a_second_and_copies_what_verifies_by_itself(house: House) -> None:
    custody, settings = house.world.custody, house.world.settings
    before = custody.clock.now()
    running = asyncio.create_task(Sealer(custody, settings.database_url).run())
    try:
        for _ in range(260):
            await happen(house)
        async with asyncio.timeout(60):
            while house.tenant in await signing.unsigned() or not await copied(house):  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.1)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    files = await Bucket.of(house)
    verifier = log_verifier(custody, house.tenant)
    checkpoint = Checkpoint.read((files.read("checkpoint") or b"").decode(), verifier)
    assert verify(files, None, checkpoint).entries >= 256
    assert custody.clock.now() > before


async def test_the_copy_grows_once_a_minute_and_is_written_again_after_a_crash(house: House) -> None:
    custody = house.world.custody
    await copying.begin(custody)
    await happen(house)
    async with tenant_scope(house.tenant):
        await signing.sign(custody, house.tenant)
    assert await copying.copy(custody, house.tenant) == 3
    assert await copying.copy(custody, house.tenant) == 0
    await happen(house)
    async with tenant_scope(house.tenant):
        await signing.sign(custody, house.tenant)
    assert await copying.copy(custody, house.tenant) == 0, "not within the minute"
    async with house.world.later(timedelta(minutes=2)):
        assert await copying.copy(custody, house.tenant) == 3


async def copied(house: House) -> bool:
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT size FROM audit_copied WHERE tenant_id = $1", house.tenant)
    return bool(rows) and rows[0]["size"] >= 256


class Bucket:
    """A log's files as they lie in the store."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    @classmethod
    async def of(cls, house: House) -> "Bucket":
        objects: Objects = house.world.custody.objects
        bucket, prefix, files = copying.bucket_of(house.world.custody), f"{house.tenant}/", {}
        async for version in objects.versions(bucket, prefix):
            files[version.key.removeprefix(prefix)] = await objects.get_locked(bucket, version.key)
        return cls(files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


async def test_more_than_is_sealed_at_once_is_sealed_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SEALED_AT_ONCE", 3)
    written = [await happen(house) for _ in range(7)]
    async with tenant_scope(house.tenant):
        await audit.seal(house.tenant)
    assert await objects_of(house) == written


async def test_an_event_that_no_bundle_could_hold_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST_BYTES", 40)
    with pytest.raises(audit.EventTooLong):
        await happen(house)
    assert await objects_of(house) == []


@asynccontextmanager
async def held(house: House) -> AsyncIterator[None]:
    """The log's end in somebody's hand."""
    holding, enough = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with tenant_scope(house.tenant):
            await audit.seal(house.tenant)
            holding.set()
            await enough.wait()

    task = asyncio.create_task(hold())
    try:
        await holding.wait()
        yield
    finally:
        enough.set()
        await task


async def test_a_log_whose_end_somebody_holds_keeps_no_other_from_being_signed(world: World, house: House) -> None:
    custody, other = world.custody, await world.house("prh")

    async def told() -> list[str]:
        with capture_logs() as lines:
            await signing.sign_all(custody)
        return [line["event"] for line in lines if line.get("tenant") == str(house.tenant)]

    for each in (house, other):
        await happen(each)
    async with held(house):
        assert await told() == [], "it is signed in another round"
        unsigned = await signing.unsigned()
        assert house.tenant in unsigned
        assert other.tenant not in unsigned
        async with world.later(signing.HELD_AT_MOST):
            assert await told() == ["log.held"], "it lasts"
    assert await told() == []
    assert house.tenant not in await signing.unsigned()


async def test_a_log_that_nobody_signed_for_is_told_of_as_well_when_it_is_held(house: House) -> None:
    await happen(house)
    async with tenant_scope(house.tenant):
        await audit.seal(house.tenant)
    async with held(house), house.world.later(signing.HELD_AT_MOST):
        with capture_logs() as lines:
            await signing.sign_all(house.world.custody)
    assert "log.held" in [line["event"] for line in lines if line.get("tenant") == str(house.tenant)]
