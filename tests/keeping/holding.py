"""What tests of holds and restrictions do again and again: place, release, ask, and let the jobs run."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from tests.builders import access
from tests.world import As, House, wav
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.destruction.expiry import expire
from vault.keeping.lapsing import lapse

SEVEN_MONTHS, THIRTEEN_MONTHS = timedelta(days=215), timedelta(days=400)
NUMBER = "+358501234567"
CLAIM = {"reason": "legal_claim", "note": "A claim for damages was announced."}


async def held(person: As, recording: UUID, **body: Any) -> dict[str, Any]:
    """A hold that was placed."""
    answer = await person.post(f"/v1/recordings/{recording}/holds", json=CLAIM | body)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


async def release(person: As, hold: dict[str, Any]) -> None:
    """A hold that was released."""
    answer = await person.post(f"/v1/holds/{hold['id']}/release")
    assert answer.status_code == 200, answer.text


async def retention(person: As, recording: UUID) -> dict[str, dict[str, Any]]:
    """What becomes of each part."""
    answer = await person.get(f"/v1/recordings/{recording}/retention")
    assert answer.status_code == 200, answer.text
    return {part["name"]: part for part in answer.json()["parts"]}


async def run(house: House) -> None:
    """What the jobs do: end what has come to its date, destroy what is due."""
    custody, now = house.world.custody, house.world.now()
    await lapse(custody, house.tenant, now)
    await expire(custody, house.tenant, now)


async def standing(house: House) -> list[str]:
    """The names of the parts that stand."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT name FROM part WHERE tenant_id = $1 AND destroyed_at IS NULL", house.tenant)
    return sorted(row["name"] for row in rows)


async def key_of(house: House, recording: UUID) -> ShredKeyId | None:
    """The key that keeps a recording."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch(
            "SELECT DISTINCT hold_key_id FROM part WHERE tenant_id = $1 AND recording_id = $2"
            " AND hold_key_id IS NOT NULL",
            house.tenant,
            recording,
        )
    return ShredKeyId.parse(house.tenant, rows[0]["hold_key_id"]) if rows else None


async def hears(person: As, recording: UUID) -> bool:
    """Whether the recording is heard as it was delivered."""
    opened = await access(person, recording)
    return (await person.get(opened["content_url"])).content == wav()


async def written_down(house: House) -> list[Record]:
    """The keys that are written down."""
    async with tenant_scope(house.tenant):
        return await DB.fetch("SELECT * FROM hold_key WHERE tenant_id = $1", house.tenant)
