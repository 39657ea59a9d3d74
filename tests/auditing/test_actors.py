"""Whoever reads the log learns what the member is called whose id stands in it, and nobody else does."""

from tenants.vocabulary import Role
from tests.world import World


async def test_an_actor_has_a_name_for_those_who_read_their_own_log(world: World) -> None:
    house, other = await world.house("prh"), await world.house("prh")
    agent = await house.person(Role.AGENT)
    for reader in (house.administrator, await house.person(Role.DPO)):
        told = await reader.get(f"/v1/audit/actors/{agent.id}")
        assert told.json() == {"id": str(agent.id), "name": "Demo Person"}
    url = f"/v1/audit/actors/{agent.id}"
    assert (await other.administrator.get(url)).status_code == 404
    assert (await (await house.person(Role.SUPERVISOR)).get(url)).status_code == 403
