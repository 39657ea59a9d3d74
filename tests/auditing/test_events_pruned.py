"""A log tells what happened as long as the policy says, and proves it after that; also when the contract is over."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.retention import kept_since, parse_retention, promised_until
from tests.world import House, World
from vault.auditing import copying, pruning, signing
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.custody.objects import Version
from vault.custody.tree import TILE_WIDTH


async def write(house: House, count: int, at: datetime) -> None:
    async with tenant_scope(house.tenant):
        for _ in range(count):
            event = audit.Event(act="upload.swept", actor=None, object_id=uuid4())
            await audit.record(house.tenant, event, now=at)
        await audit.seal(house.tenant)


async def log_of(house: House) -> list[dict[str, Any]]:
    async with tenant_scope(house.tenant):
        return await audit.page(house.tenant, after=0, limit=1000)


async def aged(world: World) -> House:
    """A controller whose log begins with events from before its time."""
    house = await world.house("prh")
    async with tenant_scope(house.tenant):
        await audit.seal(house.tenant)
    return house


def later(house: House, by: timedelta) -> Custody:
    """The vault's parts in so much time, for nobody else: what is old is so in every log that a test holds."""

    class Later:
        def now(self) -> datetime:
            return house.world.custody.clock.now() + by

    return replace(house.world.custody, clock=Later())


async def test_what_is_older_than_the_policy_says_is_erased_and_the_tree_stays(world: World) -> None:
    house = await aged(world)
    before = await log_of(house)
    async with tenant_scope(house.tenant):
        end = await audit.head(house.tenant)
    custody = later(house, timedelta(days=366 * 6 + 2))
    now = custody.clock.now()
    await write(house, 2, now - timedelta(days=10))
    await pruning.prune_log(custody, house.tenant, now)
    after = await log_of(house)
    assert [event["hash"] for event in after[: len(before)]] == [event["hash"] for event in before]
    assert all(event["body"] is None for event in after[: len(before)])
    assert [bool(event["body"]) for event in after[len(before) :]] == [True, True, True]
    assert '"act":"audit.pruned"' in after[-1]["body"]
    assert f'"events":{len(before)}' in after[-1]["body"]
    async with tenant_scope(house.tenant):
        assert await audit.root(house.tenant, end.seq) == end.hash
    audit.verify(after)


async def test_it_is_done_once_a_day_for_all_logs_and_again_after_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await aged(world)
    custody = later(house, timedelta(days=1))
    now = custody.clock.now()

    async def due() -> bool:
        async with tenant_scope(PLATFORM):
            return await pruning.is_due(now)

    async with tenant_scope(PLATFORM):
        await DB.fetch("DELETE FROM log_prune WHERE tenant_id = $1", PLATFORM)
    with monkeypatch.context() as failing:

        async def fail(*_: Any, **__: Any) -> int:
            raise RuntimeError("the catalogue is full")

        failing.setattr(audit, "erase", fail)
        assert not await pruning.prune(custody)
    assert await due()
    assert await pruning.prune(custody)
    assert not await due()
    seen = await log_of(house)
    assert await pruning.prune(custody)
    assert await log_of(house) == seen, "nothing is too old, and nothing is said"


@pytest.mark.parametrize(
    ("now", "keep", "since"),
    [
        (datetime(2026, 11, 22, 8, tzinfo=UTC), "P6Y", date(2020, 11, 22)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), "P1Y", date(2027, 2, 28)),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), "P1M", date(2026, 2, 28)),
    ],
    ids=["years", "leap", "month"],
)
def test_since_when_it_is_kept_is_counted_on_the_calendar(now: datetime, keep: str, since: date) -> None:
    found = kept_since(now, parse_retention(keep), "Europe/Helsinki")
    assert found.date() == since
    promised = promised_until(found, parse_retention(keep), "Europe/Helsinki")
    assert promised is not None
    assert promised <= now


def test_a_promise_of_the_contract_has_no_length() -> None:
    with pytest.raises(ValueError, match="duration"):
        kept_since(datetime.now(UTC), parse_retention("contract"), "UTC")


async def test_what_was_erased_leaves_the_store_when_its_lock_has_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await aged(world)

    async def soon(*_: Any) -> datetime:
        return world.now() + timedelta(seconds=6)

    monkeypatch.setattr(copying, "_until", soon)
    await copying.begin(world.custody)
    await write(house, 260, world.now())
    async with tenant_scope(house.tenant):
        await signing.sign(world.custody, house.tenant)
    await copying.copy(world.custody, house.tenant)
    bundle, hashes = f"{house.tenant}/tile/entries/000", f"{house.tenant}/tile/0/000"
    custody = later(house, timedelta(days=366 * 6 + 2))
    await pruning.prune_log(custody, house.tenant, custody.clock.now())
    async with asyncio.timeout(60):
        while bundle in (kept := await files_in_store(house)):
            await asyncio.sleep(1)
            await pruning.prune_log(custody, house.tenant, custody.clock.now())
    assert hashes in kept
    assert any(key.startswith(f"{house.tenant}/tile/entries/001.p/") for key in kept), "not the whole of it was erased"


async def files_in_store(house: House) -> set[str]:
    custody = house.world.custody
    return {one.key async for one in custody.objects.versions(copying.bucket_of(custody), f"{house.tenant}/")}


async def test_what_is_erased_is_counted_from_the_first_event_that_has_its_words(world: World) -> None:
    house = await aged(world)
    size = len(await log_of(house))
    assert size > 1
    assert await copying._erased(house.tenant) == 0
    for limit, erased in ((1, 1), (size, size)):
        async with tenant_scope(house.tenant):
            await audit.erase(house.tenant, world.now() + timedelta(days=1), limit=limit)
        assert await copying._erased(house.tenant) == erased
    assert await copying._erased(uuid4()) == 0


async def test_what_is_erased_is_found_though_names_are_not_in_the_order_of_their_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, numbers = uuid4(), {999: "999", 1_000_000: "x001/x000/000", 2000: "x002/000", 2001: "x002/001"}
    keys = [f"{tenant}/tile/entries/{name}" for name in numbers.values()]
    assert sorted(keys) == keys, "so the store lists them"
    removed: list[str] = []

    class Store:
        async def versions(self, _: str, prefix: str) -> AsyncIterator[Version]:
            assert all(key.startswith(prefix) for key in keys)
            for key in [f"{prefix}not ours", *keys]:
                yield Version(key, "a version", False)

        async def delete_versions(self, _: str, versions: Iterable[tuple[str, str]]) -> int:
            removed.extend(key.rpartition("entries/")[2] for key, _ in versions)
            return len(removed)

    async def erased(_: UUID) -> int:
        return 2001 * TILE_WIDTH

    monkeypatch.setattr(copying, "_erased", erased)
    custody: Any = replace(world.custody, objects=Store())  # type: ignore[arg-type] # as much of a store as is asked
    assert await copying.remove_erased(custody, tenant) == 2
    assert removed == [numbers[999], numbers[2000]]
