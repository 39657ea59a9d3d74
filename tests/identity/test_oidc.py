"""People come in by their controller's OpenID provider, and only whom the controller let in before."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.identity.directories import Directory
from tests.identity.providing import Browser, install, register, running, vault_beside
from tests.queues import queued
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope
from vault.identity.linking import UNLINKED_FOR

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("provider")
    install(at)
    return at


@pytest.fixture(scope="module")
def issuer(installed: Path) -> Iterator[str]:
    with running(installed) as at:
        yield at


@pytest.fixture(scope="module")
async def origin(world: World) -> AsyncIterator[str]:
    async with vault_beside(world) as at:
        yield at


@dataclass
class Firm:
    """A controller with a provider."""

    house: House
    origin: str
    client_id: str
    domain: str

    async def invited(self, *roles: Role) -> tuple[str, str]:
        """The id and the address of somebody who was invited and has not come yet."""
        email = f"{uuid4().hex}@{self.domain}"
        body = {"email": email, "name": "Demo Person", "roles": list(roles)}
        return (await self.house.administrator.post("/v1/members", json=body)).json()["id"], email

    async def sign_in(self, **claims: Any) -> httpx.Response:
        return await Browser(self.origin).sign_in(self.house.slug, {"sub": uuid4().hex, **claims})

    async def me(self, answer: httpx.Response) -> dict[str, Any]:
        """Who has come in."""
        assert answer.status_code == 200, answer.text
        person = As(self.house.world.client, UUID(int=0), answer.json()["token"])
        told = await person.get(f"{self.origin}/v1/me")
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        return found


async def set_provider(house: House, origin: str, body: dict[str, Any]) -> httpx.Response:
    """Proposed by one administrator and approved by another; what the decision answered."""
    second = await house.member(Role.ADMINISTRATOR)
    asked = await house.administrator.post(f"{origin}/v1/identity-provider", json=body | {"reason": "a test signs in"})
    assert asked.status_code == 202, asked.text
    decision = {"approve": True, "reason": "a test signs in"}
    return await second.post(f"{origin}/v1/proposals/{asked.json()['id']}/decision", json=decision)


async def firm_with(
    world: World, origin: str, issuer: str, method: str = "client_secret_basic", **settings: Any
) -> Firm:
    house = await world.house("prh")
    client = await register(issuer, origin, house.slug, token_endpoint_auth_method=method)
    domain = f"{house.slug}.example"
    body = {
        "issuer": issuer,
        "client_id": client.id,
        "authentication": method,
        "client_secret": client.secret,
        "settings": {"email_domains": [domain]} | settings,
    }
    decided = await set_provider(house, origin, body)
    assert decided.status_code == 200, decided.text
    return Firm(house, origin, client.id, domain)


@pytest.fixture(scope="module")
async def firm(world: World, origin: str, issuer: str) -> Firm:
    return await firm_with(world, origin, issuer)


async def test_whoever_was_invited_comes_in_by_a_verified_address_of_a_named_domain(firm: Firm) -> None:
    member, email = await firm.invited(Role.SUPERVISOR)
    answer = await firm.sign_in(email=email.upper(), email_verified=True)
    me = await firm.me(answer)
    assert (me["id"], me["roles"]) == (member, ["supervisor"])
    assert "vault_session" in answer.cookies
    sessions = await As(firm.house.world.client, UUID(member), answer.json()["token"]).get("/v1/me/sessions")
    assert [each["method"] for each in sessions.json()] == ["identity_provider"]
    cookie = {"cookie": f"vault_session={answer.json()['token']}"}
    out = await firm.house.world.client.post(f"{firm.origin}/sign-out", headers=cookie)
    assert (out.status_code, f"/session/end?client_id={firm.client_id}" in out.text) == (200, True)
    assert (await firm.house.world.client.get(f"{firm.origin}/v1/me", headers=cookie)).status_code == 401


async def test_the_invitation_of_whoever_came_by_the_provider_is_good_no_more(firm: Firm) -> None:
    email = f"{uuid4().hex}@{firm.domain}"
    body = {"email": email, "name": "Demo Person", "roles": ["dpo"]}
    invitation = (await firm.house.administrator.post("/v1/members", json=body)).json()["invitation"]
    assert (await firm.sign_in(email=email, email_verified=True)).status_code == 200
    looked = await firm.house.world.client.post("/v1/invitations/look", json={"invitation": invitation})
    assert looked.status_code == 401


async def test_whoever_came_once_is_known_by_the_providers_subject_alone(firm: Firm) -> None:
    member, email = await firm.invited(Role.SUPERVISOR)
    sub = uuid4().hex
    await firm.me(await firm.sign_in(sub=sub, email=email, email_verified=True))
    assert (await firm.me(await firm.sign_in(sub=sub)))["id"] == member
    other = await firm.sign_in(email=email, email_verified=True)
    assert other.status_code == 401
    signed_in = As(firm.house.world.client, UUID(member), (await firm.sign_in(sub=sub)).json()["token"])
    removed = await firm.house.administrator.delete(f"/v1/members/{member}/external-identity")
    assert removed.status_code == 204
    told = (await firm.house.administrator.get("/v1/messages?topic=account.changed")).json()["items"]
    assert ("unlinked", member) in {(each["details"]["what"], each["object_id"]) for each in told}
    assert (await signed_in.get("/v1/me")).status_code == 401
    assert (await firm.me(await firm.sign_in(email=email, email_verified=True)))["id"] == member


async def test_whose_account_was_given_back_is_vouched_for_no_more_while_they_may_come_back(firm: Firm) -> None:
    house, second = firm.house, await firm.house.person(Role.DPO)
    member, email = await firm.invited(Role.SUPERVISOR)
    vouched = {"sub": uuid4().hex, "email": email, "email_verified": True}
    await firm.me(await firm.sign_in(**vouched))
    body = {"email": email, "reason": "seen in person, with a passport"}
    asked = await house.administrator.post("/v1/recoveries", json=body)
    assert asked.status_code == 201, asked.text
    url = f"/v1/proposals/{asked.json()['id']}/decision"
    assert (await second.post(url, json={"approve": True, "reason": "I know them too"})).status_code == 200
    told = (await house.administrator.get("/v1/messages?topic=account.changed")).json()["items"]
    assert ("unlinked", member) in {(each["details"]["what"], each["object_id"]) for each in told}
    invitation = (await second.post(f"/v1/recoveries/{asked.json()['id']}/invitation")).json()["invitation"]
    assert (await firm.sign_in(**vouched)).status_code == 401
    looked = await house.world.client.post("/v1/invitations/look", json={"invitation": invitation})
    assert looked.status_code == 200, "the owner still comes back"
    async with tenant_scope(house.tenant):
        earlier = "UPDATE account_recovery SET approved_at = approved_at - $2::interval WHERE member_id = $1"
        await DB.fetch(earlier, UUID(member), UNLINKED_FOR)
    assert (await firm.me(await firm.sign_in(**vouched)))["id"] == member


async def test_nobody_is_linked_for_the_first_time_beside_a_recovery(firm: Firm) -> None:
    house, second = firm.house, await firm.house.person(Role.DPO)
    member, email = await firm.invited(Role.SUPERVISOR)
    body = {"email": email, "reason": "seen in person, with a passport"}
    asked = await house.administrator.post("/v1/recoveries", json=body)
    decision = {"approve": True, "reason": "I know them too"}
    async with tenant_scope(house.tenant):
        # What opened the account ends after whose it is was locked.
        await DB.fetch("SELECT 1 FROM credential WHERE member_id = $1 FOR UPDATE", UUID(member))
        decided = await queued(second.post(f"/v1/proposals/{asked.json()['id']}/decision", json=decision))
        linked = await queued(firm.sign_in(email=email, email_verified=True), 2)
    assert [(await decided).status_code, (await linked).status_code] == [200, 401]


@pytest.mark.parametrize(
    "changes",
    [{"email_verified": False}, {"email_verified": "true"}, {"email": "nobody@other.example"}, {"email": None}],
)
async def test_nobody_comes_in_by_an_address_that_is_not_proven(firm: Firm, changes: dict[str, Any]) -> None:
    _, email = await firm.invited(Role.SUPERVISOR)
    answer = await firm.sign_in(**({"email": email, "email_verified": True} | changes))
    assert answer.status_code == 401
    assert "token" not in answer.json()


async def test_whoever_was_never_let_in_or_was_stopped_stays_outside_and_the_log_says_so(firm: Firm) -> None:
    stranger = await firm.sign_in(email=f"stranger@{firm.domain}", email_verified=True)
    assert stranger.status_code == 401
    member, email = await firm.invited(Role.SUPERVISOR)
    sub = uuid4().hex
    await firm.me(await firm.sign_in(sub=sub, email=email, email_verified=True))
    await firm.house.administrator.delete(f"/v1/members/{member}")
    assert (await firm.sign_in(sub=sub)).status_code == 401
    log = (await firm.house.administrator.get("/v1/audit/events", params={"limit": 1000})).text
    assert "nobody-here" in log
    assert "stranger" not in log


async def test_machines_and_people_of_outside_are_none_of_the_providers(firm: Firm) -> None:
    for role in (Role.INGEST, Role.PROVISIONING, Role.RECIPIENT):
        _, email = await firm.invited(role)
        assert (await firm.sign_in(email=email, email_verified=True)).status_code == 401


async def test_whom_the_directory_brought_is_known_by_its_own_id(firm: Firm) -> None:
    directory, sub = await Directory.of(firm.house), uuid4().hex
    person = await directory.user(externalId=sub)
    group = await directory.group(person["id"])
    await directory.map(group, Role.QUALITY)
    me = await firm.me(await firm.sign_in(sub=sub, groups=["administrators"]))
    assert (me["id"], me["roles"]) == (person["id"], ["quality"])
    twins = [await directory.user(externalId="twin") for _ in range(2)]
    assert len(twins) == 2
    assert (await firm.sign_in(sub="twin")).status_code == 401


async def test_roles_follow_the_claims_at_each_sign_in_where_they_are_mapped(
    world: World, origin: str, issuer: str
) -> None:
    roles = {"listeners": ["supervisor", "quality"], "privacy": ["dpo"]}
    firm = await firm_with(world, origin, issuer, "client_secret_post", roles=roles, agent_claim="agent")
    member, email = await firm.invited(Role.TRAINER)
    sub = uuid4().hex
    known = {"sub": sub, "email": email, "email_verified": True}
    for groups, agent, expected in (
        (["listeners", "others"], "agent-5", ["quality", "supervisor"]),
        ("privacy", None, ["dpo"]),
        ([], None, []),
    ):
        assert (await firm.sign_in(**known, groups=groups, agent=agent)).status_code == 200
        shown = await (await Directory.of(firm.house)).member(member)
        assert (shown["roles"], shown["agent_id"]) == (expected, agent)


async def test_the_vault_may_prove_itself_by_a_key_of_its_own(world: World, origin: str, issuer: str) -> None:
    house = await world.house("prh")
    second = await house.member(Role.ADMINISTRATOR)
    body = {
        "issuer": issuer,
        "client_id": "later",
        "authentication": "private_key_jwt",
        "settings": {"email_domains": [f"{house.slug}.example"]},
        "reason": "a test signs in",
    }
    asked = (await house.administrator.post(f"{origin}/v1/identity-provider", json=body)).json()
    public = asked["terms"]["public_key"]
    assert set(public) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    client = await register(
        issuer,
        origin,
        house.slug,
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [public]},
    )
    decision = {"approve": True, "reason": "a test signs in"}
    await second.post(f"{origin}/v1/proposals/{asked['id']}/decision", json=decision)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE identity_provider SET client_id = $1", client.id)
    firm = Firm(house, origin, client.id, f"{house.slug}.example")
    member, email = await firm.invited(Role.DPO)
    assert (await firm.me(await firm.sign_in(email=email, email_verified=True)))["id"] == member


async def test_an_answer_is_good_once_in_the_browser_that_asked_and_for_its_controller_only(firm: Firm) -> None:
    _, email = await firm.invited(Role.SUPERVISOR)
    claims = {"sub": uuid4().hex, "email": email, "email_verified": True}
    browser, thief = Browser(firm.origin), Browser(firm.origin)
    back = await browser.return_address(firm.house.slug, claims)
    assert (await thief.client.get(back)).status_code == 401
    # The thief's try has spent it.
    assert (await browser.client.get(back)).status_code == 401
    back = await browser.return_address(firm.house.slug, claims)
    assert (await browser.client.get(back)).status_code == 200
    assert (await browser.client.get(back)).status_code == 401


async def test_an_answer_that_was_led_to_another_controllers_address_is_given_to_nobody(
    world: World, origin: str, issuer: str, firm: Firm
) -> None:
    other = await firm_with(world, origin, issuer)
    _, email = await firm.invited(Role.SUPERVISOR)
    browser = Browser(origin)
    back = await browser.return_address(firm.house.slug, {"sub": uuid4().hex, "email": email, "email_verified": True})
    assert f"/{firm.house.slug}/" in back
    answer = await browser.client.get(back.replace(f"/{firm.house.slug}/", f"/{other.house.slug}/"))
    assert answer.status_code == 401
    assert "vault_session" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "other"},
        {"state": ""},
        {"code": "other"},
        {"code": ""},
        {"iss": "https://other.example"},
        {"iss": ""},
        {"error": "access_denied"},
    ],
)
async def test_a_changed_answer_lets_nobody_in(firm: Firm, changes: dict[str, str]) -> None:
    _, email = await firm.invited(Role.SUPERVISOR)
    browser = Browser(firm.origin)
    back = await browser.return_address(firm.house.slug, {"sub": uuid4().hex, "email": email, "email_verified": True})
    parts = urlsplit(back)
    said = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    answer = await browser.client.get(f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(said)}")
    assert answer.status_code == 401, answer.text
    assert "set-cookie" not in answer.headers or "vault_session" not in answer.headers["set-cookie"]


async def test_what_leaves_for_the_provider_proves_nothing_by_itself(firm: Firm) -> None:
    answer = await Browser(firm.origin).client.get(f"{firm.origin}/v1/sign-in/oidc/{firm.house.slug}")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{firm.origin}/v1/sign-in/oidc/{firm.house.slug}/callback"]
    assert len({asked["state"][0], asked["nonce"][0], asked["code_challenge"][0]}) == 3
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert answer.cookies["vault_oidc"] not in answer.headers["location"]


async def test_claims_are_asked_for_where_the_id_token_has_none(world: World, origin: str, installed: Path) -> None:
    with running(installed, userinfo=True) as issuer:
        firm = await firm_with(world, origin, issuer)
        member, email = await firm.invited(Role.SUPERVISOR)
        assert (await firm.me(await firm.sign_in(email=email, email_verified=True)))["id"] == member


async def test_a_sign_out_at_the_provider_ends_the_sessions_here(world: World, origin: str, issuer: str) -> None:
    house = await world.house("prh")
    at = f"{origin}/v1/sign-in/oidc/{house.slug}/logout"
    client = await register(
        issuer,
        origin,
        house.slug,
        backchannel_logout_uri=at,
        post_logout_redirect_uris=[f"{origin}/"],
        grant_types=["authorization_code"],
    )
    body = {
        "issuer": issuer,
        "client_id": client.id,
        "authentication": "client_secret_basic",
        "client_secret": client.secret,
        "settings": {"email_domains": [f"{house.slug}.example"]},
    }
    await set_provider(house, origin, body)
    firm = Firm(house, origin, client.id, f"{house.slug}.example")
    member, email = await firm.invited(Role.SUPERVISOR)
    browser = Browser(origin)
    answer = await browser.sign_in(house.slug, {"sub": uuid4().hex, "email": email, "email_verified": True})
    person = As(world.client, UUID(member), answer.json()["token"])
    assert (await person.get("/v1/me")).status_code == 200
    page = await browser.client.get(f"{issuer}/session/end", params={"client_id": client.id})
    secret = page.text.split('name="xsrf" value="')[1].split('"')[0]
    form = {"xsrf": secret, "logout": "yes"}
    ended = await browser.client.post(f"{issuer}/session/end/confirm", data=form)
    assert ended.status_code == 303, ended.text
    assert (await person.get("/v1/me")).status_code == 401
    forged = await world.client.post(at, data={"logout_token": answer.json()["token"]})
    assert forged.status_code == 401


async def test_a_provider_is_set_by_two_and_stopped_by_one(world: World, origin: str, issuer: str) -> None:
    firm = await firm_with(world, origin, issuer)
    administrator = firm.house.administrator
    shown = (await administrator.get(f"{origin}/v1/identity-provider")).json()
    assert (shown["issuer"], shown["client_id"]) == (issuer, firm.client_id)
    assert shown["redirect_uri"] == f"{origin}/v1/sign-in/oidc/{firm.house.slug}/callback"
    assert set(shown) == {"id", "issuer", "client_id", "authentication", "settings", "redirect_uri", "public_key"}
    assert (await administrator.delete("/v1/identity-provider")).status_code == 204
    told = (await administrator.get("/v1/messages?topic=identity_provider.changed")).json()["items"]
    assert [(each["details"]["what"], each["audience"]) for each in told] == [("removed", "dpo"), ("set", "dpo")]
    assert (await administrator.get("/v1/identity-provider")).status_code == 404
    assert (await Browser(origin).client.get(f"{origin}/v1/sign-in/oidc/{firm.house.slug}")).status_code == 404


async def test_whoever_proposed_a_provider_does_not_approve_it(world: World, origin: str, issuer: str) -> None:
    house = await world.house("prh")
    body = {"issuer": issuer, "client_id": "a", "authentication": "client_secret_post", "client_secret": "s"}
    asked = await house.administrator.post(f"{origin}/v1/identity-provider", json=body | {"reason": "alone"})
    assert asked.json()["effect"] == {"pkce": True}
    assert "client_secret" not in asked.json()["terms"]
    decision = {"approve": True, "reason": "alone"}
    at = f"{origin}/v1/proposals/{asked.json()['id']}/decision"
    assert (await house.administrator.post(at, json=decision)).status_code == 403
    dpo = await house.person(Role.DPO)
    assert (await dpo.post(at, json=decision)).status_code in (403, 404)


async def test_a_vault_that_was_not_told_otherwise_asks_no_provider_inside(world: World, issuer: str) -> None:
    house = await world.house("prh")
    body = {"issuer": issuer, "client_id": "a", "authentication": "client_secret_post", "client_secret": "s"}
    asked = await house.administrator.post("/v1/identity-provider", json=body | {"reason": "inside"})
    assert (asked.status_code, "private-address" in asked.text) == (503, True)
