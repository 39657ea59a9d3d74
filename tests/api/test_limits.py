"""How often somebody may ask: each on their own, all processes together, and without Valkey as often as they like."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from uuid import uuid4

import httpx
import pytest
from litestar.routes import HTTPRoute
from structlog.testing import capture_logs

from tenants.vocabulary import Role
from tests.serving import Served
from tests.world import As, House, World
from vault.api.app import ROUTERS
from vault.api.limits import ACTS, address_of
from vault.console import routes as pages
from vault.custody.volatile import Volatile
from vault.errors import TooMany
from vault.identity.limits import RequestLimits
from vault.web_settings import DEFAULT_LIMITS, Limited, Rate, WebSettings

TWICE = Rate(2, 3600)
PATIENCE = 30.0
"""In seconds: on a machine that is busy Valkey is asked all the same."""

BALANCED = (ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


def only(*limited: Limited) -> WebSettings:
    return WebSettings(limits=dict.fromkeys(limited, TWICE), trusted_proxies=BALANCED, limit_seconds=PATIENCE)


def said(person: As) -> dict[str, str]:
    return {"authorization": f"Bearer {person.token}"}


async def asked(client: httpx.AsyncClient, times: int, path: str = "/v1/me", **headers: str) -> list[int]:
    return [(await client.get(path, headers=headers)).status_code for _ in range(times)]


async def test_a_person_is_told_how_long_to_wait_and_nobody_else_waits(serving: Served, house: House) -> None:
    person, another = await house.member(Role.SUPERVISOR), await house.member(Role.SUPERVISOR)
    async with serving(only(Limited.PERSON)) as client:
        assert await asked(client, 2, **said(person)) == [200, 200]
        refused = await client.get("/v1/me", headers=said(person))
        assert await asked(client, 1, **said(another)) == [200]
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith(":too-many-requests")
    assert 0 < int(refused.headers["retry-after"]) <= 1800


async def test_a_persons_tokens_count_together_and_each_by_itself(serving: Served, house: House) -> None:
    person = await house.member(Role.SUPERVISOR)
    second = await house.lasting(person)
    async with serving(only(Limited.TOKEN)) as client:
        assert await asked(client, 3, **said(person)) == [200, 200, 429]
        assert await asked(client, 1, **said(second)) == [200]
    async with serving(only(Limited.PERSON)) as client:
        assert await asked(client, 1, **said(person)) == [200]
        assert await asked(client, 2, **said(second)) == [200, 429]


async def test_all_processes_count_together(serving: Served, house: House) -> None:
    person = await house.member(Role.SUPERVISOR)
    async with serving(only(Limited.PERSON)) as one, serving(only(Limited.PERSON)) as other:
        assert await asked(one, 1, **said(person)) == [200]
        assert await asked(other, 2, **said(person)) == [200, 429]


async def test_whoever_asks_without_a_credential_is_counted_by_address(serving: Served) -> None:
    async with serving(only(Limited.ADDRESS)) as client:
        one, other = {"x-forwarded-for": "203.0.113.20"}, {"x-forwarded-for": "203.0.113.21"}
        assert await asked(client, 3, "/v1/health", **one) == [200, 200, 429]
        assert await asked(client, 1, "/v1/health", **other) == [200]


async def test_credentials_that_are_none_are_counted_by_address_and_disturb_nobody(
    serving: Served, house: House
) -> None:
    async with serving(only(Limited.REFUSED)) as client:
        guessing = {"x-forwarded-for": "203.0.113.30", "authorization": "Bearer guessed"}
        assert await asked(client, 3, **guessing) == [401, 401, 429]
        honest = {"x-forwarded-for": "203.0.113.30"} | said(house.administrator)
        assert await asked(client, 1, **honest) == [200]


async def test_signing_in_is_limited_by_itself(serving: Served) -> None:
    body = {"email": "nobody@demo.example", "password": "a wrong password", "code": "000000"}
    headers = {"x-forwarded-for": "203.0.113.40"}
    async with serving(only(Limited.SIGN_IN)) as client:
        answers = [(await client.post("/v1/sessions", json=body, headers=headers)).status_code for _ in range(3)]
        assert answers == [401, 401, 429]
        assert await asked(client, 3, "/v1/health", **headers) == [200, 200, 200]


async def test_searching_is_limited_by_itself(serving: Served, house: House) -> None:
    person = await house.member(Role.SUPERVISOR)
    body = {"agent_id": "nobody", "purpose": "quality", "reason": "a test searches"}
    async with serving(only(Limited.SEARCH)) as client:
        answers = [await client.post("/v1/recordings/search", json=body, headers=said(person)) for _ in range(3)]
        assert [answer.status_code == 429 for answer in answers] == [False, False, True]
        assert await asked(client, 1, **said(person)) == [200]


async def test_whoever_is_outside_counts_on_their_own_pages_once_signed_in(serving: Served, house: House) -> None:
    person = await house.member(Role.SUPERVISOR)
    cookies = {"cookie": f"vault_session={person.token}"}
    async with serving(only(Limited.PERSON)) as client:
        assert await asked(client, 3, "/receive", **cookies) == [200, 200, 429]
        assert await asked(client, 1, "/receive") == [200]
        assert await asked(client, 1, **said(person)) == [429]


async def test_deliveries_are_counted_by_their_token_alone(serving: Served, house: House) -> None:
    machine = await house.machine()
    headers = said(machine) | {"tus-resumable": "1.0.0", "upload-length": "10", "upload-metadata": house.metadata()}
    everything_else = only(Limited.ADDRESS, Limited.PERSON, Limited.TOKEN)
    async with serving(everything_else) as client:
        for _ in range(4):
            assert (await client.post("/v1/uploads", headers=headers)).status_code != 429
    async with serving(only(Limited.INGEST)) as client:
        answers = [(await client.post("/v1/uploads", headers=headers)).status_code for _ in range(3)]
    assert [status == 429 for status in answers] == [False, False, True]


async def test_without_valkey_nothing_is_limited_and_the_log_says_so(world: World) -> None:
    async with Volatile.open("redis://127.0.0.1:1/0") as away:
        limits = RequestLimits(replace(world.custody, volatile=away), {Limited.PERSON: Rate(1, 60)})
        with capture_logs() as lines:
            for _ in range(5):
                await limits.admit({Limited.PERSON: "somebody"})
    assert [line["event"] for line in lines] == ["limits.off"]


async def test_as_many_at_once_as_the_limit_says_and_not_one_more(world: World) -> None:
    limits = RequestLimits(world.custody, {Limited.TOKEN: Rate(25, 3600)}, PATIENCE)
    whose = str(uuid4())
    outcomes = await asyncio.gather(*(limits.admit({Limited.TOKEN: whose}) for _ in range(60)), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 25
    assert all(outcome is None or isinstance(outcome, TooMany) for outcome in outcomes)


async def test_what_one_limit_refuses_counts_against_no_other(world: World) -> None:
    limits = RequestLimits(world.custody, {Limited.PERSON: Rate(5, 3600), Limited.SEARCH: Rate(1, 3600)}, PATIENCE)
    whose = str(uuid4())
    both, person = {Limited.PERSON: whose, Limited.SEARCH: whose}, {Limited.PERSON: whose}
    await limits.admit(both)
    for _ in range(10):
        with pytest.raises(TooMany):
            await limits.admit(both)
    for _ in range(4):
        await limits.admit(person)
    with pytest.raises(TooMany):
        await limits.admit(person)


async def test_whoever_waits_as_long_as_told_is_let_through(world: World) -> None:
    limits = RequestLimits(world.custody, {Limited.PERSON: Rate(10, 10)}, PATIENCE)
    whose = {Limited.PERSON: str(uuid4())}
    outcomes = await asyncio.gather(*(limits.admit(whose) for _ in range(30)), return_exceptions=True)
    waits = [outcome.seconds for outcome in outcomes if isinstance(outcome, TooMany)]
    assert waits
    await asyncio.sleep(max(waits))
    await limits.admit(whose)


async def test_valkey_keeps_no_address_and_nobodys_id(world: World) -> None:
    limits = RequestLimits(world.custody, dict(DEFAULT_LIMITS), PATIENCE)
    whose = str(uuid4())
    await limits.admit({Limited.ADDRESS: "198.51.100.77", Limited.PERSON: whose})
    async with world.custody.volatile.asked() as valkey:
        keys = b"\n".join([key async for key in valkey.scan_iter("limit:*")]).decode()
        ages = [await valkey.pttl(key) async for key in valkey.scan_iter("limit:*")]
    assert "198.51.100.77" not in keys
    assert whose not in keys
    assert -1 not in ages, "each goes by itself"


@pytest.mark.parametrize(
    ("client", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testserver", "testserver"),
    ],
)
def test_a_household_has_one_address(client: str, address: str) -> None:
    assert address_of({"client": (client, 1)}) == address  # type: ignore[arg-type] # no other key of a scope is read


def test_what_is_limited_by_itself_is_there() -> None:
    routes = [route for router in (*ROUTERS, *pages.ROUTERS) for route in router.routes]
    handlers = [handler for route in routes if isinstance(route, HTTPRoute) for handler in route.route_handlers]
    known = {str(handler.operation_id) for handler in handlers}
    known |= {f"{method} {route.path}" for route in routes if isinstance(route, HTTPRoute) for method in route.methods}
    assert set(ACTS) <= known


SAME = {
    "search_recordings": ("GET /recordings",),
    "search_audit": ("GET /audit",),
    "read_arrivals": ("GET /arrivals",),
    "preview_bulk_hold": ("POST /holds/bulk/preview",),
    "export_audit": ("GET /audit/export/file",),
    "preview_policy": ("POST /policy/change",),
    "preview_onboarding": ("POST /controllers", "POST /controllers/check", "POST /controllers/new"),
    "read_disclosure_register": ("GET /disclosures/register", "GET /disclosures/register.csv"),
    "trace_package": ("POST /disclosures/trace",),
}
"""Which pages do what a route does that is limited by itself."""


@pytest.mark.parametrize("route", SAME)
def test_a_page_is_limited_as_the_route_that_does_the_same(route: str) -> None:
    assert {ACTS.get(page) for page in SAME[route]} == {ACTS[route]}


async def test_a_search_is_counted_the_same_by_a_page_and_by_the_route(serving: Served, house: House) -> None:
    person = await house.member(Role.DPO)
    async with serving(only(Limited.SEARCH, Limited.EXPORT)) as client:
        assert await asked(client, 2, "/audit", **said(person)) == [200, 200]
        again = await client.post("/v1/audit/search", json={}, headers=said(person))
        assert again.status_code == 429
        assert await asked(client, 1, "/audit", **said(person)) == [429]
        assert await asked(client, 3, "/audit/export/file", **said(person)) == [200, 200, 429]
