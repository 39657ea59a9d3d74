"""Builders for handing over: a disclosure whose recipient is named and whose key is known, packed and fetched."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pyrage

from tests.disclosure.asking import Desk
from tests.world import As
from vault.disclosure.carrying import carry_out
from vault.disclosure.fetching import RESUMED_FOR
from vault.disclosure.removing import remove
from vault.handlers import GIVERS


@dataclass
class Hand:
    """One disclosure on its way to its recipient, who holds an age key."""

    desk: Desk
    id: str
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)

    @property
    def age_key(self) -> str:
        return str(self.identity.to_public())

    def url(self, rest: str = "") -> str:
        return f"/v1/disclosures/{self.id}{rest}"

    async def name(self, who: As | None = None, **body: Any) -> httpx.Response:
        """Name a recipient, as the DPO unless told otherwise."""
        return await (who or self.desk.dpo).post(self.url("/recipients"), json=body)

    async def person(self, email: str) -> As:
        """A person of outside who is named, and signs in."""
        answer = await self.name(email=email, name="Demo Person")
        assert answer.status_code == 201, answer.text
        house = self.desk.house
        member = await house.world.sign_in(house.slug, email, answer.json()["invitation"])
        return await house.lasting(member)

    async def seal(self, who: As | None = None, **body: Any) -> httpx.Response:
        """Name the key, as the DPO unless told otherwise."""
        return await (who or self.desk.dpo).request("PUT", self.url("/seal"), json=body or {"age_key": self.age_key})

    async def review(self) -> None:
        """The DPO has looked at each recording."""
        for item in (await self.desk.see(self.id))["scope"]["items"]:
            answer = await self.desk.change(self.id, item["recording"], reviewed=True)
            assert answer.status_code == 200, answer.text

    async def pack(self) -> dict[str, Any]:
        """The worker's turn; the package as the DPO sees it."""
        await self.work()
        answer = await self.package()
        assert answer.status_code == 200, answer.text
        packed: dict[str, Any] = answer.json()
        return packed

    async def package(self, who: As | None = None) -> httpx.Response:
        return await (who or self.desk.dpo).get(self.url("/package"))

    async def work(self) -> bool:
        return await carry_out(self.desk.house.world.custody, GIVERS, self.desk.house.tenant)

    async def sweep(self) -> bool:
        """The worker removes what nobody is to fetch, once the rest of a fetch is not sent again any more."""
        async with self.desk.house.world.later(RESUMED_FOR):
            return await remove(self.desk.house.world.custody, self.desk.house.tenant)

    async def begin(self, who: As, package: str) -> httpx.Response:
        return await who.post(f"/v1/packages/{package}/fetches")

    async def content(self, who: As, fetch: str, **headers: str) -> httpx.Response:
        return await who.get(f"/v1/fetches/{fetch}/content", headers=headers)

    async def fetch(self, who: As, package: str) -> bytes:
        """All of it, at once."""
        begun = await self.begin(who, package)
        assert begun.status_code == 201, begun.text
        answer = await self.content(who, begun.json()["id"])
        assert answer.status_code == 200, answer.text
        return answer.content

    async def until(self, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The package as the DPO sees it once something is so: a client has its last byte before that is noted."""
        for _ in range(250):
            seen: dict[str, Any] = (await self.package()).json()
            if is_so(seen):
                return seen
            await asyncio.sleep(0.02)
        raise AssertionError(seen)

    async def received(self, times: int = 1) -> dict[str, Any]:
        """The package once so many fetches are complete."""
        return await self.until(lambda seen: sum(bool(one["completed_at"]) for one in seen["fetches"]) == times)

    def opened(self, sealed: bytes) -> bytes:
        """What the recipient's key makes of it."""
        plain: bytes = pyrage.decrypt(sealed, [self.identity])
        return plain


async def copy_for_subject(desk: Desk, *recordings: UUID, **giving: Any) -> Hand:
    """A data subject's copy (or an agent's) is asked for and looked through; nobody has decided yet."""
    asked = await desk.subjects(*recordings, **giving)
    hand = Hand(desk, asked["id"])
    await hand.review()
    return hand
