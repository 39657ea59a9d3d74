"""Which policy was in force is a matter of the day, in the controller's own time zone."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from tests.world import House, World
from vault.custody import register
from vault.custody.database import DB, tenant_scope
from vault.custody.register import policies, tenancy
from vault.errors import NotFound


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """A controller whose notice changed on 1 March 2026."""
    house = await world.house("prh")
    await publish(house, 2, date(2026, 3, 1))
    return house


async def publish(house: House, version: int, day: date) -> None:
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "INSERT INTO policy_version SELECT tenant_id, gen_random_uuid(), $1::int, $2,"
            " replace(source, 'version = 1', 'version = ' || $1::int::text), sha256 FROM policy_version"
            " WHERE version = 1",
            version,
            day,
        )


async def version_at(house: House, moment: datetime) -> int:
    async with tenant_scope(house.tenant):
        return (await tenancy(house.tenant, at=moment)).policy.version


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        (datetime(2026, 2, 28, 21, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 2, 28, 22, 0, 0, tzinfo=UTC), 2),  # midnight in Helsinki
        (datetime(2030, 1, 1, tzinfo=UTC), 2),
        (datetime(2020, 1, 1, tzinfo=UTC), 1),  # before there was any: the first promise is the nearest
    ],
)
async def test_the_policy_in_force_is_that_of_the_day_where_the_controller_is(
    house: House, moment: datetime, version: int
) -> None:
    assert await version_at(house, moment) == version


async def test_it_is_the_same_whatever_else_was_read_meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "READ_MOST", 1)
    await publish(house, 3, date(2040, 1, 1))
    moments = [datetime(year, 6, 1, tzinfo=UTC) for year in (2040, 2025, 2026, 2040)]
    assert [await version_at(house, moment) for moment in moments] == [3, 1, 2, 3]


async def test_earlier_versions_are_read_by_their_number(house: House) -> None:
    async with tenant_scope(house.tenant):
        earlier = await policies(house.tenant, {1, 2, 99})
    assert {number: policy.version for number, policy in earlier.items()} == {1: 1, 2: 2}


async def test_another_controller_is_not_there(house: House, world: World) -> None:
    async with tenant_scope(house.tenant):
        with pytest.raises(NotFound):
            await tenancy(uuid4(), at=world.now())
