"""Builders for disclosures: a controller with two persons who decide, what is asked for, and the steps to its end."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.custody.database import DB, tenant_scope
from vault.disclosure.carrying import Givers, carry_out

REASON = "It is asked for."
NUMBER = "+358501234567"


@dataclass
class Desk:
    """Where disclosures of one controller are asked for and decided, by an administrator and a DPO of its own."""

    house: House
    dpo: As
    supervisor: As
    handlers: list[As] = field(default_factory=list)

    @property
    def administrator(self) -> As:
        return self.house.administrator

    async def recording(self, number: str = NUMBER, **metadata: Any) -> UUID:
        """A call that the house's notice allows, with a customer of this number."""
        field = "customer_number" if self.house.slug.startswith("kaiku24") else "caller_number"
        return await self.house.recording(**{"contact": {field: number}} | metadata)

    async def ask(self, who: As | None = None, **body: Any) -> httpx.Response:
        """Ask for a disclosure, as the supervisor unless told otherwise."""
        return await (who or self.supervisor).post("/v1/disclosures", json=body)

    async def asked(self, who: As | None = None, **body: Any) -> dict[str, Any]:
        """What was asked for, as the administrator sees it."""
        answer = await self.ask(who, **body)
        assert answer.status_code == 201, answer.text
        return await self.see(answer.json()["id"])

    async def handler(self) -> As:
        """A DPO who handles data subjects' requests, and so decides on nothing that comes of them."""
        if not self.handlers:
            self.handlers.append(await self.house.member(Role.DPO))
        return self.handlers[0]

    async def identified(self, *recordings: UUID, agent_id: str | None = None) -> str:
        """The request of a data subject who names their recordings, or of an agent; it is known who asks."""
        handler = await self.handler()
        said = {"recordings": [str(each) for each in recordings], "agent_id": agent_id}
        body = {
            "right": "access",
            "for": "agent" if agent_id else "data_subject",
            "channel": "letter",
            "received_on": str(self.house.world.today()),
            "said": said,
        }
        received = await handler.post("/v1/subject-requests", json=body)
        assert received.status_code == 201, received.text
        url = f"/v1/subject-requests/{received.json()['id']}"
        known = await handler.post(f"{url}/identification", json={"means": "strong_identification"})
        assert known.status_code == 200, known.text
        return url

    async def offer(self, request: str, **giving: Any) -> httpx.Response:
        """Ask for what meets a data subject's request: a copy, or with a place and a time a session on site."""
        return await (await self.handler()).post(f"{request}/disclosures", json=giving)

    async def subjects(self, *recordings: UUID, agent_id: str | None = None, **giving: Any) -> dict[str, Any]:
        """What was asked for in answer to a data subject's request, as the administrator sees it."""
        answer = await self.offer(await self.identified(*recordings, agent_id=agent_id), **giving)
        assert answer.status_code == 201, answer.text
        return await self.see(answer.json()["id"])

    async def see(self, disclosure: str, who: As | None = None) -> dict[str, Any]:
        """A disclosure as it stands."""
        answer = await (who or self.administrator).get(f"/v1/disclosures/{disclosure}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def decide(self, who: As, disclosure: str, approve: bool = True, **more: Any) -> httpx.Response:
        """One person's decision."""
        body = {"approve": approve, "reason": "It was looked at."} | more
        return await who.post(f"/v1/disclosures/{disclosure}/decisions", json=body)

    async def approve(self, disclosure: str) -> dict[str, Any]:
        """Both persons approve."""
        for who in (self.dpo, self.administrator):
            answer = await self.decide(who, disclosure)
            assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def change(
        self, disclosure: str, recording: UUID | str, who: As | None = None, **body: Any
    ) -> httpx.Response:
        """Narrow one recording, or review it as it stands now."""
        who, at = who or self.dpo, f"/v1/disclosures/{disclosure}/items/{recording}"
        if body.get("reviewed") and "seen" not in body:
            body["seen"] = (await who.get(f"{at}/listens")).json().get("seen")
        return await who.request("PUT", at, json=body)

    async def organisation(self, kind: str, *legal_bases: str, member: bool = False) -> UUID:
        """A registered organisation, as its row says; how it is registered is tested elsewhere."""
        id, now = uuid4(), self.house.world.now()
        async with tenant_scope(self.house.tenant):
            await DB.fetch(
                "INSERT INTO organisation (tenant_id, id, kind, name, legal_bases, registered_at, registered_by,"
                " approved_by) VALUES ($1, $2, $3, 'Demo Organisation', $4, $5, $6, $7)",
                self.house.tenant,
                id,
                kind,
                list(legal_bases),
                now,
                self.administrator.id,
                self.dpo.id,
            )
            if member:
                await self._join(id)
        return id

    async def _join(self, organisation: UUID) -> None:
        now = self.house.world.now()
        await DB.fetch(
            "INSERT INTO group_membership (tenant_id, id, organisation_id, member_from, recorded_by, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            self.house.tenant,
            uuid4(),
            organisation,
            (now - timedelta(days=100)).date(),
            self.administrator.id,
            now,
        )

    async def leave(self, organisation: UUID) -> None:
        """The company's membership of the group ended yesterday."""
        yesterday = self.house.world.today() - timedelta(days=1)
        async with tenant_scope(self.house.tenant):
            await DB.fetch(
                "UPDATE group_membership SET member_until = $2 WHERE organisation_id = $1", organisation, yesterday
            )

    async def end(self, organisation: UUID) -> None:
        """The organisation is registered no more."""
        async with tenant_scope(self.house.tenant):
            await DB.fetch("UPDATE organisation SET ended_at = $2 WHERE id = $1", organisation, self.house.world.now())

    async def holds(self, recording: UUID) -> list[dict[str, Any]]:
        """The live holds on a recording."""
        answer = await self.administrator.get("/v1/holds", params={"recording": str(recording)})
        assert answer.status_code == 200, answer.text
        return [hold for hold in answer.json()["items"] if hold["recording"] == str(recording)]

    async def work(self, givers: Givers | None = None) -> bool:
        """The worker's turn."""
        return await carry_out(self.house.world.custody, givers or {}, self.house.tenant)


async def desk(world: World, policy: str = "kaiku24", **more: Any) -> Desk:
    """A controller whose notice allows authorities and its group, with the persons who decide."""
    house = await world.house(policy, **more)
    return Desk(house, await house.person(Role.DPO), await house.person(Role.SUPERVISOR))


def authority(organisation: UUID, *recordings: UUID, **changes: Any) -> dict[str, Any]:
    """A request in an authority's name."""
    terms = {"legal_basis": "demo-act-1", "recordings": [str(each) for each in recordings]} | changes.pop("terms", {})
    details = {"reason": REASON, "case_number": "2026/17"} | changes.pop("details", {})
    return {"kind": "authority", "organisation": str(organisation), "terms": terms, "details": details} | changes
