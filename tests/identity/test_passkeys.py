"""A passkey lets its owner in at the vault's own origin, with a fresh challenge, and nobody else anywhere."""

import copy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.vocabulary import Role
from tests.identity.authenticator import EDDSA, ES256, Authenticator, encoded
from tests.identity.walking import Browser, Person, invite, let_in
from tests.world import House, World
from vault.errors import Invalid, Unauthenticated
from vault.identity import passkeys


async def invited(house: House, **kind: Any) -> tuple[Person, Authenticator]:
    """Somebody who took an invitation up with a passkey."""
    person, invitation = await invite(house, Role.SUPERVISOR)
    key = Authenticator(house.world.custody.origin, **kind)
    offered = (await person.post("/v1/invitations/look", {"invitation": invitation})).json()
    body = {"invitation": invitation, "passkey": key.create(offered["passkey"])}
    taken = await person.post("/v1/invitations/redeem", body)
    assert taken.json() == {"recovery_codes": []}, taken.text
    return person, key


async def options(person: Person) -> dict[str, Any]:
    """What a browser is told to ask the authenticator."""
    knocked = await person.post("/v1/sign-in", {"controller": person.house.slug, "email": person.email})
    told: dict[str, Any] = knocked.json()["passkey"]
    return told


async def come_in(person: Person, credential: dict[str, Any]) -> Any:
    """Sign in with what an authenticator signed."""
    return await person.post("/v1/sign-in/passkey", {"credential": credential})


@pytest.mark.parametrize("algorithm", [ES256, EDDSA])
@pytest.mark.parametrize("attestation", ["none", "packed"])
async def test_whoever_was_invited_comes_in_with_a_passkey_and_nothing_else(
    house: House, algorithm: int, attestation: str
) -> None:
    person, key = await invited(house, algorithm=algorithm, attestation=attestation)
    for _ in range(2):
        answer = await come_in(person, key.get(await options(person)))
        assert answer.status_code == 201, answer.text
        session = Browser(house.world.client, person.id, answer.json()["token"])
        assert (await session.get("/v1/me")).json()["id"] == str(person.id)
    assert (await person.try_in()).status_code == 401


async def test_a_passkey_that_is_synchronised_and_counts_nothing_is_as_good(house: House) -> None:
    person, key = await invited(house, counts=False)
    for _ in range(2):
        assert (await come_in(person, key.get(await options(person)))).status_code == 201


async def test_what_was_signed_is_good_once(house: House) -> None:
    person, key = await invited(house, counts=False)
    signed = key.get(await options(person))
    assert (await come_in(person, signed)).status_code == 201
    assert (await come_in(person, signed)).status_code == 401


async def test_a_copy_of_a_key_that_counts_is_found_out(house: House) -> None:
    person, key = await invited(house)
    copied = copy.copy(key)
    assert (await come_in(person, key.get(await options(person)))).status_code == 201
    assert (await come_in(person, copied.get(await options(person)))).status_code == 401


async def test_another_page_an_unknown_user_and_a_strange_key_let_nobody_in(house: House) -> None:
    person, key = await invited(house)
    key.origin = "https://vault.example.evil.example"
    assert (await come_in(person, key.get(await options(person)))).status_code == 401
    key.origin = house.world.custody.origin
    elsewhere = await options(person) | {"rpId": "evil.example"}
    assert (await come_in(person, key.get(elsewhere))).status_code == 401
    key.verifies = False
    assert (await come_in(person, key.get(await options(person)))).status_code == 401
    key.verifies = True
    stranger = Authenticator(house.world.custody.origin, user=key.user, credential=key.credential, sign_count=99)
    assert (await come_in(person, stranger.get(await options(person)))).status_code == 401
    made_up = await options(person) | {"challenge": encoded(b"a challenge that nobody gave")}
    assert (await come_in(person, key.get(made_up))).status_code == 401
    assert (await come_in(person, key.get(await options(person)))).status_code == 201


async def test_somebody_elses_passkey_opens_no_other_account(house: House) -> None:
    first, _ = await invited(house)
    second, key = await invited(house)
    key.user = house.tenant.bytes + first.id.bytes
    assert (await come_in(second, key.get(await options(second)))).status_code == 401


async def test_a_challenge_is_for_one_purpose_and_one_person(house: House) -> None:
    one, first = await invite(house)
    other, second = await invite(house)
    offers = [(await one.post("/v1/invitations/look", {"invitation": each})).json() for each in (first, second)]
    key = Authenticator(house.world.custody.origin)
    made = key.create(offers[0]["passkey"])
    crossed = await other.post("/v1/invitations/redeem", {"invitation": second, "passkey": made})
    assert (crossed.status_code, crossed.json()["errors"][0]["field"]) == (422, "passkey")
    at_the_door = await options(one)
    made = key.create(offers[1]["passkey"] | {"challenge": at_the_door["challenge"]})
    assert (await other.post("/v1/invitations/redeem", {"invitation": second, "passkey": made})).status_code == 422


async def test_a_key_that_does_not_know_its_user_is_not_registered(house: House) -> None:
    person, invitation = await invite(house)
    offered = (await person.post("/v1/invitations/look", {"invitation": invitation})).json()
    key = Authenticator(house.world.custody.origin, verifies=False)
    body = {"invitation": invitation, "passkey": key.create(offered["passkey"])}
    assert (await person.post("/v1/invitations/redeem", body)).status_code == 422


async def test_passkeys_are_added_listed_and_removed_by_who_signed_in_just_now(world: World, house: House) -> None:
    person = await let_in(house)
    session = await person.come_in()
    key = Authenticator(world.custody.origin)
    asked = (await session.post("/v1/me/passkeys/options")).json()["options"]
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    added = await session.post("/v1/me/passkeys", json={"credential": key.create(asked)})
    assert added.status_code == 201, added.text
    again = (await session.post("/v1/me/passkeys/options")).json()["options"]
    assert [each["id"] for each in again["excludeCredentials"]] == [encoded(key.credential)]
    assert (await session.post("/v1/me/passkeys", json={"credential": key.create(again)})).status_code == 409
    assert (await come_in(person, key.get(await options(person)))).status_code == 201
    listed = (await session.get("/v1/me/passkeys")).json()
    assert [each["id"] for each in listed] == [added.json()["id"]]
    assert listed[0]["used_at"] is not None
    async with world.later(timedelta(minutes=16)):
        assert (await session.delete(f"/v1/me/passkeys/{listed[0]['id']}")).status_code == 403
    assert (await session.delete(f"/v1/me/passkeys/{listed[0]['id']}")).status_code == 204
    assert (await session.get("/v1/me")).status_code == 401
    assert (await come_in(person, key.get(await options(person)))).status_code == 401


async def test_the_only_way_in_stays(house: House) -> None:
    person, key = await invited(house)
    answer = await come_in(person, key.get(await options(person)))
    session = Browser(house.world.client, person.id, answer.json()["token"])
    mine = (await session.get("/v1/me/passkeys")).json()[0]["id"]
    assert (await session.delete(f"/v1/me/passkeys/{mine}")).status_code == 409


async def test_whoever_is_stopped_comes_in_with_no_passkey(house: House) -> None:
    person, key = await invited(house)
    await house.administrator.delete(f"/v1/members/{person.id}")
    assert (await come_in(person, key.get(await options(person)))).status_code == 401


garbage = st.none() | st.integers() | st.text(max_size=20) | st.binary(max_size=60).map(encoded)
"""What stands in place of one value of an answer."""

FIELDS = ("id", "rawId", "type", "response", "clientExtensionResults", "authenticatorAttachment")
SIGNED = ("clientDataJSON", "authenticatorData", "signature", "userHandle")


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(FIELDS), garbage, min_size=1), st.dictionaries(st.sampled_from(SIGNED), garbage))
async def test_whatever_a_browser_sends_is_no_more_than_refused(
    world: World, broken: dict[str, Any], signed: dict[str, Any]
) -> None:
    key = Authenticator(world.custody.origin, user=bytes(32), algorithm=EDDSA)
    answer = key.get(await passkeys.begin_sign_in(world.custody))
    answer["response"] |= signed
    with pytest.raises(Unauthenticated):
        await passkeys.sign_in(world.custody, answer | broken)


MADE = ("clientDataJSON", "attestationObject")


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(FIELDS), garbage), st.dictionaries(st.sampled_from(MADE), garbage, min_size=1))
async def test_whatever_a_browser_makes_is_no_more_than_refused(
    world: World, broken: dict[str, Any], made: dict[str, Any]
) -> None:
    tenant, member = uuid4(), uuid4()
    user = passkeys.User(tenant, member, "nobody@demo.example", "Demo Person")
    key = Authenticator(world.custody.origin, algorithm=EDDSA)
    answer = key.create(await passkeys.begin_registration(world.custody, user, known=()))
    answer["response"] |= made
    with pytest.raises(Invalid):
        await passkeys.finish_registration(world.custody, tenant, member, answer | broken)
