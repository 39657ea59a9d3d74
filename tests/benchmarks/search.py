"""Among a million recordings a page is found, decided on, written down and opened within twice the bare query's time.

The peer is the statement alone: sent through the same pool in a transaction that sees the controller's rows, with all
digests at hand, for a page of the same size, and its rows fetched. Ours makes the digests under every live key, asks
who the caller leads, decides, writes the event durably and opens the contact record of each result; over HTTP it also
knows the caller by their token, and tells it all as JSON.

`VAULT_BENCH_SEARCH` names another number of recordings than a million; `tests.benchmarks.filled` says how they are
made. On the same rows, pages are measured beside their JSON twins.
"""

import asyncio
import os
from dataclasses import dataclass
from uuid import UUID

from infra.embedded import Endpoints
from tenants.recordings import Kind
from tenants.vocabulary import Role
from tests.benchmarks import Row, Turns, in_turns, pages, tell
from tests.benchmarks.filled import AGENT, SOUGHT, fill
from tests.benchmarks.pages import Ask, Asker
from tests.benchmarks.served import served
from tests.world import World
from vault.access.finding import find_page
from vault.access.opening import Opening
from vault.access.query import Query, checked
from vault.access.search import search, terms_of
from vault.accounts import Caller, Sessions
from vault.assembly import open_custody
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.settings import Settings

RECORDINGS = int(os.environ.get("VAULT_BENCH_SEARCH", "1000000"))
DISCLOSURES = 40
OURS = ("as a call", "over HTTP")
ROUNDS = 60
WARM = 12
"""Rounds that are not counted: until the statements are prepared and planned once for all."""

TARGET = 0.5
"""Within twice the peer's time."""


@dataclass(frozen=True)
class Prepared:
    """Who searches, and one recording to look at."""

    tenant: UUID
    token: str
    recording: UUID


async def prepare(world: World) -> Prepared:
    """A controller with somebody who may do all that is measured, a recording, and disclosures that wait."""
    house = await world.house()
    person = await house.member(Role.SUPERVISOR, Role.DPO)
    terms = {"purpose": "quality", "recordings": [str(await house.recording())]}
    for _ in range(DISCLOSURES):
        body = {"kind": "evidence", "terms": terms, "details": {"reason": "A dispute."}}
        assert (await person.post("/v1/disclosures", json=body)).status_code == 201
    return Prepared(house.tenant, person.token, await house.recording())


def rows() -> list[Row]:
    """Searches against their statements, and pages against their JSON twins."""
    with served(prepare) as (vault, prepared):
        found = asyncio.run(searches(vault.endpoints, prepared))
        return found + pages.rows(vault.endpoints.public_url, prepared.token, str(prepared.recording), SOUGHT)


async def searches(endpoints: Endpoints, prepared: Prepared) -> list[Row]:
    """By a number, by an agent of whom there are many, and of all."""
    async with open_custody(Settings.from_env(endpoints.environment())) as custody:
        await fill(custody, endpoints, prepared.tenant, RECORDINGS)
        return await measured(custody, endpoints, prepared)


async def measured(custody: Custody, endpoints: Endpoints, prepared: Prepared) -> list[Row]:
    """The same, of a catalogue that has been filled."""
    caller = await Sessions(custody).authenticate(prepared.token)
    asked = {"by a number": {"number": SOUGHT}, "by an agent": {"agent_id": AGENT}, "of all": dict[str, str]()}
    asker = Asker(endpoints.public_url, prepared.token)
    return [row for name, said in asked.items() for row in await _compared(custody, caller, asker, name, said)]


async def _compared(custody: Custody, caller: Caller, asker: Asker, name: str, said: dict[str, str]) -> list[Row]:
    query, now, kinds = checked(Query(**said)), custody.clock.now(), sorted(Kind)  # type: ignore[arg-type] # texts only
    terms = await terms_of(Opening(custody), caller.tenant, query, now)

    async def bare() -> None:
        async with tenant_scope(caller.tenant):
            assert await find_page(caller.tenant, query, kinds, terms, after=None, now=now)

    async def call() -> None:
        assert len((await search(custody, caller, query)).results) == query.limit

    async def over_http() -> None:
        asker.ask(Ask("POST", "/v1/recordings/search", said))

    turns = await in_turns({"bare": bare, "as a call": call, "over HTTP": over_http}, rounds=ROUNDS, warm=WARM)
    return [_row(f"search {name} among {RECORDINGS:,}, {side}, against its statement", turns, side) for side in OURS]


def _row(name: str, turns: Turns, side: str) -> Row:
    ours, peer = (turns.median(each) * 1000 for each in (side, "bare"))
    return Row(name, ours, peer, turns.ratio(side, "bare"), TARGET, "ms")


if __name__ == "__main__":
    tell(rows())
