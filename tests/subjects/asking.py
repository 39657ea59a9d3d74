"""What tests of data subjects' requests begin with: a controller with a DPO, and a request that is recorded."""

from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
from pypdf import PdfReader

from tenants.vocabulary import Role
from tests.world import As, House

NUMBER = "+358501234567"
WHY = "It was checked against what the law says."


def today(house: House) -> date:
    """The controller's own day."""
    return house.world.today()


async def ask(house: House, right: str, *, by: As | None = None, **changes: Any) -> httpx.Response:
    """A request as the DPO records it: by a data subject who gives their number, unless told otherwise."""
    body = {
        "right": right,
        "for": "data_subject",
        "channel": "letter",
        "received_on": str(today(house)),
        "said": {"numbers": [NUMBER]},
    } | changes
    return await (by or await house.person(Role.DPO)).post("/v1/subject-requests", json=body)


async def asked(house: House, right: str, *, identified: bool = True, **changes: Any) -> "Asked":
    """A recorded request, of somebody whose identity was checked unless told otherwise."""
    answer = await ask(house, right, **changes)
    assert answer.status_code == 201, answer.text
    request = Asked(house, await house.person(Role.DPO), answer.json()["id"])
    if identified:
        assert (await request.post("identification", means="strong_identification")).status_code == 200
    return request


class Asked:
    """A request, and whoever handles it."""

    def __init__(self, house: House, handler: As, id: str) -> None:
        self.house, self.handler, self.id = house, handler, id

    async def post(self, step: str, *, by: As | None = None, **body: Any) -> httpx.Response:
        """Take a step with it."""
        return await (by or self.handler).post(f"/v1/subject-requests/{self.id}/{step}", json=body)

    async def look(self) -> dict[str, Any]:
        """The request as it stands."""
        answer = await self.handler.get(f"/v1/subject-requests/{self.id}")
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def candidates(self) -> list[UUID]:
        """The ids of what is found for it."""
        answer = await self.handler.get(f"/v1/subject-requests/{self.id}/candidates")
        assert answer.status_code == 200, answer.text
        return [UUID(item["id"]) for item in answer.json()["items"]]

    async def letter(self, **which: Any) -> str:
        """The words of the letter."""
        answer = await self.handler.get(f"/v1/subject-requests/{self.id}/letter.pdf", params=which)
        assert answer.status_code == 200, answer.text
        pages = PdfReader(BytesIO(answer.content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())
