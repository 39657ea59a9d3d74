"""People who have recordings held and let them go again, until the vault has said that it is so."""

import asyncio
import random
import time
from collections.abc import Awaitable
from dataclasses import dataclass

import httpx

from tests.faults.clients import AWAY, PATIENCE_SECONDS, PAUSE_SECONDS, answered
from tests.faults.ledger import Book, Keep, Report
from tests.world import As

FINAL = {404, 409}
"""What is not asked again here: a hold that is released already (by a request whose answer was lost) is a conflict."""

TOO_LATE = {403, 404, 410, 422}
"""What holding is answered when the day has come or the contract is over."""

HOLD = {"reason": "authority_order", "note": "An authority has ordered that this be kept."}


@dataclass(frozen=True)
class Keeper:
    """Holds recordings of one controller and releases them, in its administrator's name."""

    book: Book
    report: Report
    dice: random.Random

    async def act(self) -> None:
        """Hold some recording, or release one that is held."""
        held = [keep for keep in self.book.keeps if not keep.over]
        if held and self.dice.random() < 0.4:
            await self.release(self.dice.choice(held))
        elif calls := [one for one in self.book.acknowledged[-30:] if one.is_call and one.recording]:
            chosen = self.dice.choice(calls).recording
            if chosen and not any(keep.recording == chosen for keep in self.book.keeps):
                await self._hold(Keep(chosen))

    async def release(self, keep: Keep) -> None:
        """Release whatever holds the recording."""
        self.report.operations["release"] += 1
        keep.until = keep.until or self.book.house.world.now()
        listed = await self._until_answered("GET", f"/v1/recordings/{keep.recording}/holds")
        holds = listed.json()["items"] if listed and listed.is_success else []
        for hold in holds:
            if hold["released_at"] is None:
                await self._until_answered("POST", f"/v1/holds/{hold['id']}/release")
        keep.over = listed is not None

    async def _hold(self, keep: Keep) -> None:
        self.report.operations["hold"] += 1
        self.book.keeps.append(keep)
        placed = await self._until_answered("POST", f"/v1/recordings/{keep.recording}/holds", json=HOLD)
        if placed is not None and placed.status_code == 201:
            keep.since = self.book.house.world.now()
        elif placed is not None and placed.status_code not in TOO_LATE:
            self.report.violated(f"holding was answered {placed.status_code}: {placed.text[:300]}")

    @property
    def _person(self) -> As:
        return self.book.house.administrator

    async def _until_answered(self, method: str, path: str, **how: object) -> httpx.Response | None:
        """The answer, however often it has to be asked for; None where there is none for a minute."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            request: Awaitable[httpx.Response] = self._person.request(method, path, **how)
            answer = await answered(request)
            if answer is not None and answer.status_code not in AWAY - FINAL:
                if answer.status_code >= 500:
                    self.report.violated(f"{method} {path} was answered {answer.status_code}: {answer.text[:300]}")
                return answer
            await asyncio.sleep(PAUSE_SECONDS)
        self.report.violated(f"{method} {path} was never answered")
        return None
