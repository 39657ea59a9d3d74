"""Two persons of a controller who order recordings destroyed before their time, and shorten its policy's periods."""

import random
from dataclasses import dataclass
from typing import Final

from tests.faults.clients import asked
from tests.faults.ledger import Book, Report
from tests.world import POLICIES

ORDER: Final = "The data subject asked for erasure."
CHANGE: Final = "The notice was shortened."
DECISION: Final = {"approve": True, "reason": "As our board decided."}
LONGEST_MONTHS: Final = 6
"""How long the policy of `tenants/prh.toml` keeps the content of a call."""

LAST_VERSION: Final = LONGEST_MONTHS
"""The version with the shortest period: each takes a month off."""


@dataclass(frozen=True)
class Decider:
    """The controller's administrator proposes, a second one approves."""

    book: Book
    report: Report
    dice: random.Random

    async def act(self) -> None:
        """Propose something now and then, and approve whatever waits, also what was proposed with the answer lost."""
        chance = self.dice.random()
        if chance < 0.2:
            await self._order()
        elif chance < 0.3:
            await self._shorten()
        await self._approve()

    async def _order(self) -> None:
        calls = [one.recording for one in self.book.acknowledged[-30:] if one.is_call and one.recording]
        if not calls:
            return
        recording = self.dice.choice(calls)
        self.report.operations["order"] += 1
        self.book.ordered.setdefault(recording, self.book.house.world.now())
        body = {"recording": str(recording), "reason": ORDER}
        await asked(self.book.house.administrator, self.report, "POST", "/v1/orders/destruction", json=body)

    async def _shorten(self) -> None:
        listed = await asked(self.book.house.administrator, self.report, "GET", "/v1/policies")
        if listed is None or listed.is_error:
            return
        version = max(one["version"] for one in listed.json()) + 1
        if version > LAST_VERSION:
            return
        self.report.operations["policy change"] += 1
        self.book.shortened = True
        body = {"policy": self._policy(version), "reason": CHANGE}
        await asked(self.book.house.administrator, self.report, "POST", "/v1/policies", json=body)

    def _policy(self, version: int) -> str:
        """The controller's policy with a period that is the shorter, the higher the version."""
        text = (POLICIES / "prh.toml").read_text().replace('slug = "prh"', f'slug = "{self.book.house.slug}"')
        text = text.replace("version = 1\n", f"version = {version}\n", 1)
        text = text.replace(f'content = {{ keep = "P{LONGEST_MONTHS}M"', f'content = {{ keep = "P{7 - version}M"')
        today = self.book.house.world.today()
        return text.replace("effective_from = 2026-01-01", f"effective_from = {today}")

    async def _approve(self) -> None:
        listed = await asked(self.book.second, self.report, "GET", "/v1/proposals?state=proposed")
        for proposal in listed.json() if listed and listed.is_success else []:
            path = f"/v1/proposals/{proposal['id']}/decision"
            decided = await asked(self.book.second, self.report, "POST", path, json=DECISION)
            if decided is not None and decided.is_success:
                self.report.operations["approval"] += 1
                self.book.approved.add(proposal["id"])
