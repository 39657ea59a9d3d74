"""What is followed is followed by whoever may, for as long as they may, and not without end."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault import sessions
from vault.accounts import Sessions
from vault.console.live import MOST_OPEN
from vault.custody.database import DB, tenant_scope

GOES_ON = "/retention/comparison/progress?since=2999-01-01T00:00:00Z"
"""No comparison is through that was begun then."""


@pytest.fixture
async def house(world: World) -> House:
    return await world.house()


@pytest.fixture
async def person(world: World, house: House) -> As:
    """Somebody with a session."""
    return await world.session(house.slug, f"admin@{house.slug}.example")


def said(person: As) -> dict[str, str]:
    return {"authorization": f"Bearer {person.token}"}


async def rest(answer: httpx.Response) -> str:
    """What still comes, to the end of the stream."""
    async with asyncio.timeout(15):
        return (await answer.aread()).decode()


async def test_a_stream_ends_with_its_session(world: World, house: House, person: As) -> None:
    caller = await Sessions(world.custody).authenticate(person.token)
    async with world.client.stream("GET", GOES_ON, headers=said(person)) as answer:
        assert answer.status_code == 200
        assert await sessions.end_session(world.custody, house.tenant, person.id, caller.credential)
        assert "event: done" not in await rest(answer)


async def test_a_stream_ends_where_the_roles_are_others(world: World, house: House) -> None:
    person = await house.member(Role.DPO)
    async with world.client.stream("GET", GOES_ON, headers=said(person)) as answer:
        assert answer.status_code == 200
        async with tenant_scope(house.tenant):
            await DB.fetch("UPDATE member SET roles = $2 WHERE id = $1", person.id, [Role.AGENT.value])
        assert "event: done" not in await rest(answer)
        assert (await world.client.get(GOES_ON, headers=said(person))).status_code == 403


async def test_a_page_that_stands_open_keeps_no_session(world: World, house: House, person: As) -> None:
    caller = await Sessions(world.custody).authenticate(person.token)

    async def seen() -> object:
        kept = await sessions.sessions_of(world.custody, house.tenant, person.id)
        return next(each.seen_at for each in kept if each.id == caller.credential)

    before = await seen()
    async with world.later(timedelta(minutes=5)):
        await Sessions(world.custody).authenticate(person.token, in_use=False)
        assert await seen() == before
        await Sessions(world.custody).authenticate(person.token)
        assert await seen() != before


async def test_nobody_follows_more_than_so_many_pages_at_once(world: World, house: House, person: As) -> None:
    async with AsyncExitStack() as stack:
        following = []
        for _ in range(MOST_OPEN):
            opened = await stack.enter_async_context(world.client.stream("GET", GOES_ON, headers=said(person)))
            # Kept, since an iterator that goes closes its answer; it is counted as soon as the first piece is here.
            following.append(opened.aiter_bytes())
            assert await anext(following[-1])
        refused = await world.client.get(GOES_ON, headers=said(person))
        assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
        other = await house.member(Role.DPO)
        async with world.client.stream("GET", GOES_ON, headers=said(other)) as answer:
            assert answer.status_code == 200
    async with asyncio.timeout(15):
        while True:
            async with world.client.stream("GET", GOES_ON, headers=said(person)) as answer:
                if answer.status_code == 200:
                    break
            await asyncio.sleep(0.5)
