"""Among a million recordings one is found by a number in about the time that the database takes to look it up.

The peer is the statement itself, sent by a bare connection with all digests at hand; ours makes them under every live
key, asks over HTTP, decides, writes the event, and opens the contact record of each result. What is searched for was
delivered as recordings are; the others lie in the catalogue alone, under the same keys, with random digests.

Pages are measured beside their JSON twins in the same process: each draws what the other tells.

`VAULT_BENCH_SEARCH` names another number of recordings than a million.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx

from infra.embedded import Endpoints
from tenants.recordings import Kind
from tenants.vocabulary import Role
from tests.benchmarks import Row, Turns
from tests.benchmarks.expiry import CONTACTS, RECORDINGS
from tests.benchmarks.served import served
from tests.world import World
from vault.access.finding import find_page
from vault.access.query import LIMIT_DEFAULT, Query, checked
from vault.access.search import terms_of
from vault.assembly import open_custody
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.settings import Settings

OTHERS = int(os.environ.get("VAULT_BENCH_SEARCH", "1000000"))
DAYS = 365
SOUGHT = "+358401112233"
FOUND = LIMIT_DEFAULT + 10
ROUNDS = 30
TARGET = 0.5
"""Within twice the peer's time."""

DIGESTS = """
INSERT INTO blind_index (tenant_id, recording_id, field, digest, started_at, destroy_at)
SELECT $1, id, field, sha256(uuid_send(id) || field::bytea), $3, $4
FROM unnest($2::uuid[]) AS id CROSS JOIN unnest(ARRAY['caller_number', 'agent_id']) AS field
"""


@dataclass(frozen=True)
class Prepared:
    """Who searches, and one recording to look at."""

    tenant: UUID
    token: str
    recording: UUID


def rows() -> list[Row]:
    """Searches against their statements, and pages against their JSON twins."""
    with served(_prepared) as (vault, prepared):
        return asyncio.run(_measured(vault.endpoints, prepared))


async def _prepared(world: World) -> Prepared:
    house = await world.house()
    supervisor = await house.person(Role.SUPERVISOR)
    contact = {"caller_number": SOUGHT, "agent_id": "agent-1"}
    recordings = [await house.recording(contact=contact) for _ in range(FOUND)]
    return Prepared(house.tenant, supervisor.token, recordings[0])


async def _measured(endpoints: Endpoints, prepared: Prepared) -> list[Row]:
    async with (
        open_custody(Settings.from_env(endpoints.environment())) as custody,
        httpx.AsyncClient(
            base_url=endpoints.public_url, headers={"authorization": f"Bearer {prepared.token}"}, timeout=60
        ) as client,
    ):
        await _fill(custody, prepared.tenant)
        await _analyse(endpoints)
        return [
            await _search(custody, client, prepared, "by a number", Query(number=SOUGHT), {"number": SOUGHT}),
            await _search(custody, client, prepared, "of all", Query(), {}),
            await _page(client, f"/recordings/{prepared.recording}", f"/v1/recordings/{prepared.recording}"),
            await _page(client, "/policy", "/v1/policy"),
            await _page(client, "/retention", "/v1/retention/days"),
        ]


async def _search(
    custody: Custody, client: httpx.AsyncClient, prepared: Prepared, name: str, query: Query, body: dict[str, str]
) -> Row:
    now, kinds = custody.clock.now(), sorted(Kind)
    terms = list(terms_of(custody, prepared.tenant, checked(query), now).values())

    async def ours() -> None:
        answer = await client.post("/v1/recordings/search", json=body)
        found = answer.json()["items"]
        if answer.status_code != httpx.codes.OK or len(found) != LIMIT_DEFAULT:
            raise SystemExit(f"nothing to measure: {answer.status_code}, {len(found)} found")

    async def peer() -> None:
        async with tenant_scope(prepared.tenant):
            await find_page(prepared.tenant, checked(query), kinds, terms, after=None, now=now)

    return _row(f"search {name} among {OTHERS:,}, against its statement", await _turns(ours, peer))


async def _page(client: httpx.AsyncClient, page: str, twin: str) -> Row:
    async def get(path: str) -> None:
        answer = await client.get(path)
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(f"nothing to measure: {path} answers {answer.status_code}")

    return _row(
        f"{page.split('/')[1]} as a page, against {twin[:18]}…", await _turns(lambda: get(page), lambda: get(twin))
    )


async def _turns(ours: Callable[[], Awaitable[None]], peer: Callable[[], Awaitable[None]]) -> Turns:
    turns = Turns({"ours": [], "peer": []})
    for turn in range(ROUNDS + 3):
        for side, ask in (("ours", ours), ("peer", peer)):
            began = time.perf_counter()
            await ask()
            if turn >= 3:
                turns.seconds[side].append(time.perf_counter() - began)
    return turns


def _row(name: str, turns: Turns) -> Row:
    ours, peer = (statistics.median(turns.seconds[side]) * 1000 for side in ("ours", "peer"))
    return Row(name, ours, peer, turns.ratio("ours", "peer"), TARGET, "ms")


async def _fill(custody: Custody, tenant: UUID) -> None:
    """The others, a day at a time."""
    first = datetime.now(UTC).replace(hour=22, minute=0, second=0, microsecond=0)
    for number in range(1, DAYS + 1):
        goes = first + timedelta(days=number)
        key = ShredKeyId(tenant, "contact", goes)
        custody.keyring.shred_key(key, now=custody.clock.now())
        recordings, started = [uuid4() for _ in range(OTHERS // DAYS)], goes - timedelta(days=DAYS + 1)
        async with tenant_scope(tenant):
            await DB.fetch(RECORDINGS, tenant, recordings, started)
            await DB.fetch(CONTACTS, tenant, recordings, str(key), goes)
            await DB.fetch(DIGESTS, tenant, recordings, started, goes)


async def _analyse(endpoints: Endpoints) -> None:
    """As autovacuum does in time."""
    owner = await asyncpg.connect(endpoints.owner_database_url)
    await owner.execute("ANALYZE recording; ANALYZE part; ANALYZE blind_index")
    await owner.close()


if __name__ == "__main__":
    for row in rows():
        print(f"{row.name:65} {row.ours:9.2f} {row.peer:9.2f} {row.unit}  {row.ratio:5.2f} (at least {row.target:.2f})")  # noqa: T201 - its answer
