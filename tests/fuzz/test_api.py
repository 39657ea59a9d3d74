"""Nothing that is asked makes the vault fail, and every answer is one that its description knows."""

import asyncio
from dataclasses import replace
from types import MappingProxyType

import pytest

from tests.fuzz import api
from tests.serving import serve
from tests.world import World

EXAMPLES = 2
SEED = 20261122


@pytest.mark.long
async def test_every_route_answers_everybody_as_it_is_described(world: World) -> None:
    report, web = api.Report(), replace(world.settings.web, limits=MappingProxyType({}))
    async with serve(world, web) as client:
        door = await api.door(await world.house("prh"), str(client.base_url).rstrip("/"))
        await asyncio.to_thread(api.fuzz, door, api.operations(), EXAMPLES, SEED, report)
    assert report.requests.total() > len(api.operations())
    assert not report.findings, "\n".join(report.lines())
