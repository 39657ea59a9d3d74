"""People who have recordings held and let them go again, until the vault has said that it is so."""

import random
from dataclasses import dataclass

import httpx

from tests.faults.clients import asked
from tests.faults.ledger import Book, Keep, Report

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
        listed = await self._asked("GET", f"/v1/recordings/{keep.recording}/holds")
        holds = listed.json()["items"] if listed and listed.is_success else []
        for hold in holds:
            if hold["released_at"] is None:
                await self._asked("POST", f"/v1/holds/{hold['id']}/release")
        keep.over = listed is not None

    async def _hold(self, keep: Keep) -> None:
        self.report.operations["hold"] += 1
        self.book.keeps.append(keep)
        placed = await self._asked("POST", f"/v1/recordings/{keep.recording}/holds", json=HOLD)
        if placed is not None and placed.status_code == 201:
            keep.since = self.book.house.world.now()
        elif placed is not None and placed.status_code not in TOO_LATE:
            self.report.violated(f"holding was answered {placed.status_code}: {placed.text[:300]}")

    async def _asked(self, method: str, path: str, **how: object) -> httpx.Response | None:
        return await asked(self.book.house.administrator, self.report, method, path, **how)
