"""Machines of controllers under the five policies, each made when first asked for."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from infra.embedded import Stack
from tests.ingest.delivering import Tus
from tests.world import World

MakeTus = Callable[[str], Awaitable[Tus]]


@pytest.fixture(scope="session")
def tus_of(world: World) -> MakeTus:
    """A machine of a controller under one of the five policies, the same one whenever asked for."""
    known: dict[str, Tus] = {}

    async def make(policy: str) -> Tus:
        if policy not in known:
            house = await world.house(policy)
            known[policy] = Tus(world, house, await house.machine())
        return known[policy]

    return make


@pytest.fixture
async def tus(tus_of: MakeTus) -> Tus:
    """A machine of PRH's."""
    return await tus_of("prh")


@pytest.fixture
def data_directory(running_stack: Stack) -> Path:
    """Where all servers of the stack keep their files."""
    return running_stack.data
