"""A part goes into a package whole, as it was stored, or the package is not made."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import cast

import msgspec
import pytest

from tests.builders import silence
from tests.packages.given import gathered
from tests.world import House, World
from vault.access.kept import CONTENT, Kept, KeptPart
from vault.custody.custody import Custody
from vault.custody.objects import ObjectBrokenOff, Objects
from vault.errors import Altered
from vault.packages.parts import find, pieces

SOUND = silence(300_000)


@dataclass
class Hasty:
    """A store that hangs up each time after so many bytes, or alters one of them."""

    objects: Objects
    most: int
    flips: bool = False
    asked: int = 0

    async def get(self, bucket: str, key: str, version: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        self.asked += 1
        given = 0
        async for piece in self.objects.get(bucket, key, version, start, stop):
            some = bytes(piece[: self.most - given])
            given += len(some)
            if some:
                yield (bytes([some[0] ^ 1]) + some[1:]) if self.flips else some
            if given == self.most:
                raise ObjectBrokenOff


@pytest.fixture
async def kept(world: World) -> Kept:
    house: House = await world.house("prh")
    return await find(world.custody, house.tenant, await house.recording(SOUND))


def through(custody: Custody, kept: Kept, store: Hasty, **changes: object) -> AsyncIterator[bytes]:
    """The content as that store gives it."""
    part = cast(KeptPart, kept.recording.live(CONTENT))
    hasty = replace(custody, objects=cast(Objects, store))
    return pieces(hasty, kept.tenancy.bucket, kept.recording, msgspec.structs.replace(part, **changes))


async def test_a_store_that_hangs_up_is_asked_for_the_rest(world: World, kept: Kept) -> None:
    store = Hasty(world.custody.objects, 70_000)
    assert await gathered(through(world.custody, kept, store)) == SOUND
    assert store.asked == 5


async def test_a_store_that_gives_nothing_is_not_asked_for_ever(world: World, kept: Kept) -> None:
    with pytest.raises(ObjectBrokenOff):
        await gathered(through(world.custody, kept, Hasty(world.custody.objects, 0)))


@pytest.mark.parametrize("changes", [{}, {"size": 299_000}, {"size": 16_384}, {"object_version": "0" * 32}])
async def test_what_is_not_what_was_stored_is_not_given(world: World, kept: Kept, changes: dict[str, object]) -> None:
    store = Hasty(world.custody.objects, 1 << 30, flips=not changes)
    with pytest.raises(Altered):
        await gathered(through(world.custody, kept, store, **changes))
