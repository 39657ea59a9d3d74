"""A group's company with a named person, and what it was granted to listen to."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.disclosure.asking import REASON, Desk, desk
from tests.organisations.registered import COMPANY, belongs, person_of, register, second
from tests.world import As, World
from vault.disclosure.carrying import carry_out
from vault.grants.ending import end
from vault.handlers import GIVERS


@dataclass
class Company:
    """A company of the group at one controller, and a person of it."""

    desk: Desk
    organisation: UUID
    person: As
    membership: UUID

    async def ask(self, *recordings: UUID, days: int = 30, **terms: Any) -> str:
        """A request for it to listen to recordings, with its person named."""
        until = (self.desk.house.world.now() + timedelta(days=days)).isoformat()
        asked = await self.desk.asked(
            kind="group",
            organisation=str(self.organisation),
            terms={"purpose": "quality", "valid_until": until, "recordings": [str(each) for each in recordings]}
            | terms,
            details={"reason": REASON},
        )
        await self.name(asked["id"], self.person)
        return str(asked["id"])

    async def name(self, disclosure: str, person: As) -> None:
        """Name a person to hear it."""
        url = f"/v1/disclosures/{disclosure}/recipients"
        named = await self.desk.administrator.post(url, json={"member_id": str(person.id)})
        assert named.status_code == 201, named.text

    async def grant(self, *recordings: UUID, **terms: Any) -> str:
        """What was asked, approved by two and opened by the worker."""
        disclosure = await self.ask(*recordings, **terms)
        await self.desk.approve(disclosure)
        await give(self.desk)
        return disclosure

    async def hear(self, disclosure: str, recording: UUID, who: As | None = None, **more: Any) -> httpx.Response:
        """Be let in to listen."""
        body = {"recording": str(recording), "purpose": "quality", "reason": "The quality is looked at."} | more
        return await (who or self.person).post(f"/v1/disclosures/{disclosure}/accesses", json=body)

    async def heard(self, disclosure: str, recording: UUID, **more: Any) -> dict[str, Any]:
        """An access under the grant."""
        answer = await self.hear(disclosure, recording, **more)
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        return opened


async def give(of: Desk) -> None:
    """The worker carries out what was approved, and ends what is over."""
    house = of.house
    assert await carry_out(house.world.custody, GIVERS, house.tenant)
    await end(house.world.custody, house.tenant)


async def company(world: World, of: Desk | None = None) -> Company:
    """A company that belongs to the group since a month ago."""
    of = of or await desk(world)
    await second(of.house)
    organisation = await register(of.house, COMPANY)
    membership = await belongs(of.house, organisation)
    return Company(of, organisation, await person_of(of.house, organisation), UUID(membership["id"]))
