"""What two persons decided is done, once everything is at rest: no order forgotten, no day later than the policy's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenants.policy import Policy
from tenants.policy_changes import new_day
from tenants.reading import read_policy
from tenants.recordings import Kind, PartClass
from tests.destruction.aside import rows_of
from tests.faults.ledger import Book, Report
from vault.orders.ordering import DESTROY_RECORDING
from vault.policies.changing import CHANGE_POLICY

Row = dict[str, Any]


@dataclass(frozen=True)
class Decided:
    """Compares a controller's proposals with what they were for."""

    report: Report

    async def check(self, book: Book, parts: list[Row], recordings: list[Row], now: datetime) -> None:
        """Each that was approved was carried out, or refused for a reason."""
        proposals = {row["id"]: row for row in await rows_of(book.house, "proposal")}
        for forgotten in book.approved - proposals.keys():
            book.violated(self.report, f"proposal {forgotten} was approved, and is not there")
        for row in proposals.values():
            if row["state"] == "approved":
                book.violated(self.report, f"proposal {row['id']} to {row['action']} was approved, and is not done")
            if row["action"] == DESTROY_RECORDING and row["id"] in book.approved:
                self._check_order(book, row, parts)
        await self._check_days(book, list(proposals.values()), parts, recordings, now)
        self.report.checked["decisions"] += len(book.approved)

    def _check_order(self, book: Book, proposal: Row, parts: list[Row]) -> None:
        """Nothing of it stands, unless somebody had it held."""
        standing = [
            part for part in parts if part["recording_id"] == proposal["object_id"] and part["destroyed_at"] is None
        ]
        if standing and not any(str(keep.recording) == proposal["object_id"] for keep in book.keeps):
            book.violated(
                self.report, f"recording {proposal['object_id']} was ordered destroyed, and has {len(standing)} parts"
            )

    async def _check_days(
        self, book: Book, proposals: list[Row], parts: list[Row], recordings: list[Row], now: datetime
    ) -> None:
        """No part goes later than the newest version says, whichever was in force when it came."""
        done = [row["terms"] for row in proposals if row["action"] == CHANGE_POLICY and row["state"] == "carried_out"]
        if not done:
            return
        version = max(terms["version"] for terms in done)
        file = await book.house.administrator.get("/v1/policies/file", params={"version": version})
        policy = read_policy(file.text, source="policy")
        of = {UUID(row["id"]): row for row in recordings}
        for part in parts:
            if part["destroyed_at"] is None and _would_move(policy, of[UUID(part["recording_id"])], part, now):
                sentence = f"{part['name']} of {part['recording_id']} still has the day {part['destroy_at']}"
                book.violated(self.report, f"{sentence}, and version {version} of the policy moves it")


def _would_move(policy: Policy, recording: Row, part: Row, now: datetime) -> bool:
    day = datetime.fromisoformat(part["destroy_at"]) if part["destroy_at"] else None
    if day is not None and day <= now:
        return False
    started = datetime.fromisoformat(recording["started_at"])
    return (
        new_day(policy, Kind(recording["kind"]), PartClass(part["part_class"]), recorded_at=started, day=day)
        is not None
    )
