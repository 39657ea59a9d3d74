"""Builders for what is asked after something was given: a researcher who received, an officer who did."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.disclosure.asking import Desk, authority
from tests.disclosure.handing import Hand
from tests.organisations.registered import INSTITUTE, POLICE, person_of, register
from tests.world import As
from vault.disclosure.noticing import notify

PERMIT_LASTS = timedelta(days=90)
DUE_IN = timedelta(days=60)


@dataclass
class Given:
    """One disclosure with its recipient, a named person of an organisation."""

    hand: Hand
    recipient: As

    @property
    def desk(self) -> Desk:
        return self.hand.desk

    @property
    def id(self) -> str:
        return self.hand.id

    async def state(self) -> str:
        return str((await self.desk.see(self.id))["state"])

    async def fetched(self) -> bytes:
        """It is packed and fetched, and the receipt written; the sealed file."""
        package = await self.hand.pack()
        sealed = await self.hand.fetch(self.recipient, package["id"])
        await self.hand.received()
        return sealed

    async def document(self, who: As | None = None, purpose: str = "proof") -> httpx.Response:
        """A document is added, by the recipient unless told otherwise."""
        return await (who or self.recipient).post(
            self.hand.url(f"/documents?purpose={purpose}"),
            content=b"All copies were overwritten.",
            headers={"content-type": "text/plain"},
        )

    async def done(self, who: As | None = None, **changes: Any) -> httpx.Response:
        """The duty is shown to be met, by the recipient unless told otherwise, with a document that was just added."""
        body = {"means": "destroyed", "done_on": str(self.desk.house.world.today())} | changes
        if "document" not in body:
            body["document"] = (await self.document(who)).json()["id"]
        return await (who or self.recipient).post(self.hand.url("/duty"), json=body)

    async def register(self, **wanted: Any) -> list[dict[str, Any]]:
        """What the register tells of it."""
        answer = await self.desk.dpo.get("/v1/disclosure-register", params=wanted)
        assert answer.status_code == 200, answer.text
        return [one for one in answer.json()["items"] if one["id"] == self.id]

    async def notices(self, who: As | None = None) -> list[dict[str, Any]]:
        """What its recipient is told of its recordings, after the worker's turn."""
        await notify(self.desk.house.world.custody, self.desk.house.tenant)
        answer = await (who or self.recipient).get(self.hand.url("/notices"))
        assert answer.status_code == 200, answer.text
        return list(answer.json())


def research(organisation: UUID, *recordings: UUID, now: datetime, **changes: Any) -> dict[str, Any]:
    """A request in a research institute's name."""
    terms = {
        "purpose": "development",
        "permit_id": "DEMO/17/2026",
        "permit_until": (now + PERMIT_LASTS).isoformat(),
        "duty_until": (now + DUE_IN).isoformat(),
        "recordings": [str(each) for each in recordings],
    }
    details = {"reason": "It is studied.", "named_persons": ["Demo Person"], "environment": "A room of the institute."}
    terms, details = terms | changes.pop("terms", {}), details | changes.pop("details", {})
    return {"kind": "research", "organisation": str(organisation), "terms": terms, "details": details} | changes


async def to_research(desk: Desk, *recordings: UUID, named: str = INSTITUTE["name"], **changes: Any) -> Given:
    """Recordings were asked for by a registered institute, named, sealed and approved; nothing is packed yet."""
    organisation = await register(desk.house, INSTITUTE, name=named)
    person = await person_of(desk.house, organisation)
    asked = await desk.asked(**research(organisation, *recordings, now=desk.house.world.now(), **changes))
    return await _approved(desk, asked["id"], person)


async def to_authority(desk: Desk, *recordings: UUID, **changes: Any) -> Given:
    """The same for an authority."""
    organisation = await register(desk.house, POLICE)
    person = await person_of(desk.house, organisation)
    terms = {"legal_basis": POLICE["legal_bases"][0]}
    asked = await desk.asked(**authority(organisation, *recordings, terms=terms, **changes))
    return await _approved(desk, asked["id"], person)


async def _approved(desk: Desk, disclosure: str, person: As) -> Given:
    hand = Hand(desk, disclosure)
    for answer in (await hand.name(member_id=str(person.id)), await hand.seal()):
        assert answer.status_code in (200, 201), answer.text
    await desk.approve(disclosure)
    return Given(hand, person)
