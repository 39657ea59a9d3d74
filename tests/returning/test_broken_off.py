"""A connection that ends while an archive is packed damages nothing: the store is asked for the rest."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import cast

import pytest

from tests.builders import silence
from tests.world import World
from vault.custody.database import tenant_scope
from vault.custody.objects import ObjectBrokenOff, Objects
from vault.custody.register import tenancy
from vault.returning.packing import Packing
from vault.returning.selection import batch

SOUND = silence(300_000)


@dataclass
class Hasty:
    """A store that hangs up each time after so many bytes."""

    objects: Objects
    most: int

    async def get(self, bucket: str, key: str, version: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        left = self.most
        async for piece in self.objects.get(bucket, key, version, start, stop):
            some = bytes(piece[:left])
            left -= len(some)
            if some:
                yield some
            if not left:
                raise ObjectBrokenOff


async def packing(world: World, most: int) -> Packing:
    """An archive of one call, read from a store that hangs up."""
    house = await world.house("prh")
    await house.recording(SOUND)
    async with tenant_scope(house.tenant):
        held = await tenancy(house.tenant, at=world.now())
        standing = await batch(house.tenant, None, None, now=world.now())
    hasty = replace(world.custody, objects=cast(Objects, Hasty(world.custody.objects, most)))
    return Packing(hasty, house.tenant, held.bucket, 1, standing, frozenset())


async def test_a_store_that_hangs_up_is_asked_for_the_rest(world: World) -> None:
    archive = await packing(world, 70_000)
    packed = b"".join([piece async for piece in archive.tar()])
    assert SOUND in packed
    assert archive.damaged_parts == 0


async def test_a_store_that_gives_nothing_now_has_damaged_nothing(world: World) -> None:
    archive = await packing(world, 0)
    with pytest.raises(ObjectBrokenOff):
        async for _ in archive.tar():
            pass
