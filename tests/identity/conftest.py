"""A controller whose people come in by every means that the vault sees to."""

import pytest

from tests.world import House, World


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")
