"""Whoever guesses waits; whoever owns the account, and everybody else, does not."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.identity.authenticator import Authenticator
from tests.identity.walking import Person, let_in
from tests.world import PASSWORD, House
from vault.api.limits import address_of
from vault.credentials import digest_of
from vault.errors import TooMany, Unauthenticated
from vault.identity import lockout
from vault.identity.lockout import FREE, FREE_CODES, FREE_OF_AN_ADDRESS, LONGEST, From, delay, prefix
from vault.identity.signing_in import WRONG, Door, Proof


async def guess(person: Person, times: int) -> list[int]:
    """So many guesses at a password, and how each was answered."""
    return [(await person.try_in(password=f"guess number {n}")).status_code for n in range(times)]


async def test_whoever_guesses_waits_and_the_right_password_then_says_nothing(house: House) -> None:
    person = await let_in(house)
    assert await guess(person, FREE + 2) == [401] * FREE + [429] * 2 or await guess(person, 1) == [429]
    held_up = await person.try_in(steps=1)
    assert held_up.status_code == 429
    assert int(held_up.headers["retry-after"]) >= 1


async def test_a_stranger_at_an_account_that_is_not_there_waits_alike(house: House) -> None:
    person = await let_in(house)
    person.email = f"nobody-at-all@{house.slug}.example"
    assert 429 in await guess(person, FREE + 3)


async def test_a_known_device_and_a_passkey_are_never_held_up_by_a_strangers_guesses(house: House) -> None:
    person = await let_in(house)
    session = await person.come_in()
    await person.forget_last_code()
    device = (await person.try_in()).cookies["vault_device"]
    key = Authenticator(house.world.custody.origin)
    made = key.create((await session.post("/v1/me/passkeys/options")).json()["options"])
    await session.post("/v1/me/passkeys", json={"credential": made})
    assert 429 in await guess(person, FREE + 3)
    await person.forget_last_code()
    known = await person.try_in(cookie=f"vault_device={device}")
    assert known.status_code == 201, known.text
    asked = (await person.post("/v1/sign-in", {"controller": house.slug})).json()["passkey"]
    assert (await person.post("/v1/sign-in/passkey", {"credential": key.get(asked)})).status_code == 201


async def test_a_device_of_one_person_is_none_of_anothers_and_has_a_count_of_its_own(house: House) -> None:
    first, second = await let_in(house), await let_in(house)
    device = (await first.try_in()).cookies["vault_device"]
    assert 429 in await guess(second, FREE + 3)
    assert (await second.try_in(cookie=f"vault_device={device}")).status_code == 429
    with_it = [
        (await first.try_in(password="a thief's guess", cookie=f"vault_device={device}")).status_code
        for _ in range(FREE + 3)
    ]
    assert 429 in with_it


async def test_of_guesses_side_by_side_no_more_are_looked_at_than_one_after_the_other(house: House) -> None:
    custody, login = house.world.custody, b"a login of this test".ljust(32)

    async def attempt() -> bool:
        try:
            await lockout.begin(custody, login, From("192.0.2.7"))
        except TooMany:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(12)))) <= FREE + 1


async def test_success_forgets_the_failures_before_it(house: House) -> None:
    person = await let_in(house)
    for _ in range(3):
        assert await guess(person, FREE - 2) == [401] * (FREE - 2)
        await person.forget_last_code()
        assert (await person.try_in(password=PASSWORD)).status_code == 201


async def test_who_tries_many_accounts_from_one_address_waits_too(house: House) -> None:
    custody, source = house.world.custody, From("2001:db8:1:2::1")
    key = f"refused:{digest_of('2001:db8:1:2::/64').hex()}"
    await custody.volatile.client.set(key, FREE_OF_AN_ADDRESS, ex=60)
    outcomes = []
    for n in range(3):
        try:
            await lockout.begin(custody, n.to_bytes(32, "big"), From(f"2001:db8:1:2::{n + 2}"))
            outcomes.append("looked at")
        except TooMany:
            outcomes.append("held up")
    assert outcomes[-1] == "held up"
    await custody.volatile.client.delete(key, f"{key}:wait")
    assert source


async def test_codes_beside_the_right_password_are_not_guessed_from_many_addresses(house: House) -> None:
    person, door = await let_in(house), Door(house.world.custody)

    async def try_from(address: str, code: str, device: str = "") -> str:
        said = Proof(controller=house.slug, email=person.email, password=PASSWORD, code=code)
        return (await door.sign_in(said, From(address, device))).device

    device = await try_from("192.0.2.1", house.world.code())
    await person.forget_last_code()
    for n in range(FREE_CODES + 1):
        with pytest.raises(Unauthenticated):
            await try_from(f"2001:db8:2:{n}::1", "000000" if house.world.code() != "000000" else "000001")
    with pytest.raises(Unauthenticated) as refused:
        await try_from("198.51.100.9", house.world.code())
    assert str(refused.value) == WRONG
    assert await try_from("198.51.100.9", house.world.code(), device)


async def test_clients_of_ipv6_are_told_apart_by_their_networks(house: House) -> None:
    scope: Any = {"client": ("2001:db8:7:7::1", 1)}
    custody, near = house.world.custody, From(address_of(scope))
    login = b"a login from version six".ljust(32)
    seen = (await lockout.begin(custody, login, near)).counts
    assert (await lockout.begin(custody, login, From("2001:db8:7:7::2"))).counts == seen
    assert not set((await lockout.begin(custody, login, From("2001:db8:7:8::1"))).counts) & set(seen)


@given(st.integers(0, 10_000))
def test_the_wait_never_falls_and_never_exceeds_a_quarter_hour(failures: int) -> None:
    assert 0 <= delay(failures) <= delay(failures + 1) <= LONGEST.total_seconds()
    assert (delay(failures) == 0) == (failures < FREE)


def test_one_customer_is_one_address_of_ipv4_or_one_network_of_ipv6() -> None:
    assert prefix("192.0.2.1") == "192.0.2.1"
    assert prefix("2001:db8::1") == prefix("2001:db8::ffff:1") != prefix("2001:db8:0:1::1")
    assert prefix("2001:db8::/64") == prefix("2001:db8::1")
    assert prefix("no address") == "unknown"
