"""What holds for every request and answer: headers, hosts, other sites, sizes, times, balancers."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network

import httpx
import pytest

from tenants.vocabulary import Role
from tests.serving import Served
from tests.world import House, World
from vault.web_settings import Limited, Rate, WebSettings

UNLIMITED = WebSettings(limits={})
STRICT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def client(serving: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(UNLIMITED) as asking:
        yield asking


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/health", 200),
        ("GET", "/v1/me", 401),
        ("GET", "/nowhere", 404),
        ("PUT", "/v1/health", 405),
        ("POST", "/v1/sessions", 400),
        ("OPTIONS", "/v1/uploads", 204),
    ],
)
async def test_every_answer_says_how_it_is_to_be_treated(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == STRICT
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["permissions-policy"] == "camera=(), geolocation=(), microphone=()"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_a_page_runs_no_script_and_is_kept_by_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/receive")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "no-store" in answer.headers["cache-control"]
    assert len(answer.headers.get_list("content-security-policy")) == 1


async def test_behind_tls_a_browser_is_told_to_stay_there(serving: Served) -> None:
    async with serving(WebSettings(limits={}, secure=True)) as client:
        assert (await client.get("/v1/health")).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("host", "status"),
    [("vault.example", 200), ("Vault.Example:8443", 200), ("[::1]:80", 200), ("other.example", 421), ("", 421)],
)
async def test_only_a_host_of_the_settings_is_answered_for(serving: Served, host: str, status: int) -> None:
    async with serving(WebSettings(limits={}, hosts=("vault.example", "[::1]"))) as client:
        answer = await client.get("/v1/health", headers={"host": host})
    assert answer.status_code == status
    if status == 421:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith(":misdirected-request")
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 401),
        ({"sec-fetch-site": "none"}, 401),
        ({}, 401),
    ],
    ids=str,
)
async def test_nobody_is_signed_in_or_out_by_another_site(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    body = {"email": "nobody@demo.example", "password": "a wrong password", "code": "000000"}
    assert (await client.post("/v1/sessions", json=body, headers=headers)).status_code == status
    assert (await client.delete("/v1/sessions/current", headers=headers)).status_code == status


async def test_a_page_of_the_vaults_own_may_ask_for_a_change(client: httpx.AsyncClient) -> None:
    own = {"origin": str(client.base_url).rstrip("/")}
    assert (await client.delete("/v1/sessions/current", headers=own)).status_code == 401


async def test_a_body_is_taken_up_to_its_routes_limit(client: httpx.AsyncClient, house: House) -> None:
    said = {"authorization": f"Bearer {house.administrator.token}"}
    much, more = "x" * 70_000, "x" * 1_100_000
    small = await client.post("/v1/recordings/search", json={"number": much}, headers=said)
    assert small.status_code == 413
    assert small.headers["content-type"] == "application/problem+json"
    assert (await client.post("/v1/policies/preview", json={"policy": much}, headers=said)).status_code in (400, 422)
    assert (await client.post("/v1/policies/preview", json={"policy": more}, headers=said)).status_code == 413


async def test_a_body_that_names_no_length_is_measured_as_it_comes(client: httpx.AsyncClient, house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b" " * 1000

    said = {"authorization": f"Bearer {house.administrator.token}", "content-type": "application/json"}
    answer = await client.post("/v1/recordings/search", content=pieces(), headers=said)
    assert answer.status_code == 413


async def test_a_body_that_stalls_is_not_waited_for(serving: Served, house: House) -> None:
    async with serving(WebSettings(limits={}, body_seconds=0.2)) as client, asyncio.timeout(20):
        answered = await _head(client, "/v1/recordings/search", house.administrator.token)
    assert answered.startswith("HTTP/1.1 408")


async def test_an_upload_that_stalls_keeps_what_had_come(serving: Served, house: House) -> None:
    machine = await house.machine()
    headers = {
        "authorization": f"Bearer {machine.token}",
        "tus-resumable": "1.0.0",
        "upload-length": "100000",
        "upload-metadata": house.metadata(),
    }
    async with serving(WebSettings(limits={}, body_seconds=0.5)) as client:
        begun = await client.post("/v1/uploads", headers=headers)
        at = begun.headers["location"]
        reader, writer = await _connect(client)
        lines = [
            f"PATCH {at} HTTP/1.1",
            "Host: vault",
            f"Authorization: Bearer {machine.token}",
            "Tus-Resumable: 1.0.0",
            "Upload-Offset: 0",
            "Content-Type: application/offset+octet-stream",
            "Content-Length: 100000",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + b"R" * 1000)
        async with asyncio.timeout(10):
            await reader.read(1)
        writer.close()
        status = await client.head(at, headers=headers)
    assert int(status.headers["upload-offset"]) <= 1000
    assert status.status_code == 200


async def test_a_connection_that_says_nothing_is_closed(serving: Served) -> None:
    async with serving(WebSettings(limits={}, header_seconds=0.2)) as client:
        for said in (b"", b"GET /v1/health HTTP/1.1\r\nHost: va"):
            reader, writer = await _connect(client)
            writer.write(said)
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()
        assert (await client.get("/v1/health")).status_code == 200


async def test_an_answer_that_does_not_begin_is_given_up(serving: Served, house: House) -> None:
    async with serving(WebSettings(limits={}, handler_seconds=0.0)) as client:
        answer = await client.get("/v1/me", headers={"authorization": f"Bearer {house.administrator.token}"})
    assert answer.status_code == 503
    assert answer.json()["type"].endswith(":unavailable")


async def test_an_address_is_believed_from_a_trusted_balancer_alone(serving: Served) -> None:
    one = {Limited.ADDRESS: Rate(1, 600)}
    trusting = WebSettings(limits=one, limit_seconds=30, trusted_proxies=(ip_network("127.0.0.0/8"),))
    async with serving(trusting) as client:
        first = await client.get("/v1/health", headers={"x-forwarded-for": "203.0.113.7"})
        other = await client.get("/v1/health", headers={"x-forwarded-for": "203.0.113.8"})
        # What the client itself wrote stands before what the balancer added.
        again = await client.get("/v1/health", headers={"x-forwarded-for": "198.51.100.1, 203.0.113.7"})
    assert [first.status_code, other.status_code, again.status_code] == [200, 200, 429]


async def test_a_person_of_every_role_is_told_nothing_of_the_server(client: httpx.AsyncClient, house: House) -> None:
    for role in (Role.ADMINISTRATOR, Role.DPO):
        person = await house.person(role)
        answer = await client.get("/v1/me", headers={"authorization": f"Bearer {person.token}"})
        assert {"server", "x-powered-by", "via"}.isdisjoint(answer.headers)


async def _connect(client: httpx.AsyncClient) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(client.base_url.host, client.base_url.port)


async def _head(client: httpx.AsyncClient, path: str, token: str) -> str:
    """The status line that a request is answered with whose body never comes."""
    reader, writer = await _connect(client)
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: vault",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        "Content-Length: 100",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + b"{")
    answered = await reader.readline()
    writer.close()
    return answered.decode()
