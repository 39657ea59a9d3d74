"""The worker's tests share one vault apart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.embedded import Stack
from tests.worker.apart import Apart, a_vault_apart
from tests.world import House


@pytest.fixture(scope="module")
async def apart(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apart]:
    """A vault whose workers disturb nobody else's recordings."""
    directory: Path = tmp_path_factory.mktemp("worker")
    async with a_vault_apart(running_stack, "worker", directory) as vault:
        yield vault


@pytest.fixture
async def house(apart: Apart) -> House:
    """A controller whose chatbot's talks lose their digits after an hour, which for each test is still to come."""
    return await apart.world.house("prh")
