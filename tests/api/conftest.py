"""A server of the test's own, where what counts is how the vault meets the network."""

from functools import partial

import pytest

from tests.serving import Served, serve
from tests.world import World


@pytest.fixture(scope="session")
def serving(world: World) -> Served:
    """Serves the vault with the network settings that it is given."""
    return partial(serve, world)
