"""What an administrator says of a provider is sound, or refused by name; nobody learns who has one."""

from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.world import House, World

SOUND = {
    "issuer": "https://provider.example",
    "client_id": "vault",
    "authentication": "client_secret_basic",
    "client_secret": "a secret of a test",
    "reason": "a test signs in",
}


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": "http://provider.example"}, "issuer"),
        ({"issuer": "https://user@provider.example"}, "issuer"),
        ({"issuer": "https://provider.example/?a=1"}, "issuer"),
        ({"issuer": "https://provider.example/#a"}, "issuer"),
        ({"issuer": "ftp://provider.example"}, "issuer"),
        ({"issuer": "provider.example"}, "issuer"),
        ({"issuer": "https://[::1"}, "issuer"),
        ({"client_secret": None}, "client_secret"),
        ({"authentication": "private_key_jwt"}, "client_secret"),
        ({"settings": {"roles": {"all": ["operator"]}}}, "settings.roles"),
        ({"settings": {"roles": {"all": ["supervisor", "ingest"]}}}, "settings.roles"),
        ({"settings": {"scopes": ["email"]}}, "settings.scopes"),
    ],
)
async def test_what_is_not_sound_is_refused_with_its_field(house: House, changes: dict[str, Any], field: str) -> None:
    answer = await house.administrator.post("/v1/identity-provider", json=SOUND | changes)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert "a secret of a test" not in answer.text


@pytest.mark.parametrize(
    "said", [{"email_domains": ["FIRM.example"]}, {"email_domains": ["*"]}, {"email_domains": ["a@b.example"]}]
)
async def test_a_domain_is_named_as_it_is(house: House, said: dict[str, Any]) -> None:
    answer = await house.administrator.post("/v1/identity-provider", json=SOUND | {"settings": said})
    assert answer.status_code == 400


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.DPO, Role.PROVISIONING, Role.QUALITY])
async def test_only_administrators_see_or_set_a_provider(house: House, role: Role) -> None:
    person = await house.person(role)
    assert (await person.get("/v1/identity-provider")).status_code == 403
    assert (await person.post("/v1/identity-provider", json=SOUND)).status_code == 403
    assert (await person.delete("/v1/identity-provider")).status_code == 403


async def test_a_controller_without_a_provider_is_as_one_that_is_not_there(house: House) -> None:
    client = house.world.client
    answers = [await client.get(f"/v1/sign-in/oidc/{slug}") for slug in (house.slug, "nobody-of-this-name")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


async def test_a_notice_without_providers_lets_none_be_used(world: World) -> None:
    edits = {"[access]\n": '[access]\nsign_in = ["passkey"]\n'}
    house = await world.house("prh", edits=edits)
    answer = await house.world.client.get(f"/v1/sign-in/oidc/{house.slug}")
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["", "?state=a&code=b", "?error=access_denied", "?state=%00", "?state=" + "a" * 3000])
async def test_nobody_comes_in_who_did_not_begin(house: House, query: str) -> None:
    answer = await house.world.client.get(f"/v1/sign-in/oidc/{house.slug}/callback{query}")
    assert answer.status_code == 401
    assert "vault_session" not in answer.headers.get("set-cookie", "")
