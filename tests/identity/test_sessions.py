"""Sessions live in Valkey: without it people wait, and machines go on."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError

from tenants.vocabulary import Role, SignInMethod
from tests.world import House, World
from vault import sessions
from vault.accounts import Sessions
from vault.custody.volatile import Volatile
from vault.errors import Unauthenticated, Unavailable


async def test_without_valkey_people_are_told_to_wait_and_machines_go_on(world: World, house: House) -> None:
    person, machine = await house.person(Role.SUPERVISOR), await house.machine()
    opened = await Sessions.open(world.custody, house.tenant, person.id, method=SignInMethod.PASSKEY)
    async with Redis.from_url("redis://127.0.0.1:9") as away:
        without = Sessions(replace(world.custody, volatile=Volatile(away)))
        with pytest.raises(Unavailable):
            await without.authenticate(opened.secret)
        assert (await without.authenticate(machine.token)).id == machine.id
        await sessions.forget_all(without.custody, house.tenant, person.id)
    assert (await Sessions(world.custody).authenticate(opened.secret)).id == person.id


@pytest.mark.parametrize("wrong", [OutOfMemoryError, ReadOnlyError])
async def test_a_valkey_that_is_full_or_a_replica_is_as_one_that_is_away(
    world: World, wrong: type[ResponseError]
) -> None:
    with pytest.raises(Unavailable):
        async with world.custody.volatile.asked():
            raise wrong


async def test_no_session_is_opened_for_who_is_not_here(world: World, house: House) -> None:
    stranger = uuid4()
    with pytest.raises(Unauthenticated):
        await Sessions.open(world.custody, house.tenant, stranger, method=SignInMethod.PASSKEY)
    assert await sessions.sessions_of(world.custody, house.tenant, stranger) == []


async def test_a_session_that_was_ended_is_not_brought_back_by_who_comes_with_it_at_that_moment(
    world: World, house: House
) -> None:
    person = await house.person(Role.SUPERVISOR)
    session, secret = await sessions.store_session(world.custody, house.tenant, person.id, method=SignInMethod.PASSKEY)
    async with world.later(timedelta(minutes=5)):
        assert (await sessions.recognise(world.custody, secret)).id == session.id
        assert await sessions.end_session(world.custody, house.tenant, person.id, session.id)
        with pytest.raises(Unauthenticated):
            await sessions.recognise(world.custody, secret)
    left = await sessions.sessions_of(world.custody, house.tenant, person.id)
    assert session.id not in {each.id for each in left}


async def test_nothing_of_a_person_and_no_secret_stands_in_valkey(world: World, house: House) -> None:
    email = f"admin@{house.slug}.example"
    opened = await world.session(house.slug, email)
    client = world.custody.volatile.client
    kept = [bytes(key) async for key in client.scan_iter("session*")]
    values = [str(await client.get(key)) for key in kept if key.startswith(b"session:")]
    said = f"{kept} {values}"
    assert str(opened.id) in said
    assert opened.token not in said
    assert email not in said


async def test_what_lay_on_the_desk_of_a_session_goes_with_it(world: World, house: House) -> None:
    person, client = await house.person(Role.SUPERVISOR), world.custody.volatile.client
    desks = []
    for _ in range(2):
        session, _ = await sessions.store_session(world.custody, house.tenant, person.id, method=SignInMethod.PASSKEY)
        desks.append(f"desk:{session.id}")
        await client.set(desks[-1], b"a search", ex=60)
        if len(desks) == 1:
            await sessions.end_session(world.custody, house.tenant, person.id, session.id)
            assert not await client.exists(*desks)
    await sessions.forget_all(world.custody, house.tenant, person.id)
    assert not await client.exists(*desks)
