"""What can be searched for; all that a query names must hold at once."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from tenants.recordings import Kind, PhoneNumberInvalid, normalise_number
from vault.errors import FieldProblem, Invalid

LIMIT_DEFAULT, LIMIT_MOST = 50, 200


@dataclass(frozen=True, kw_only=True)
class Query:
    """Filters that are all to hold; without any, everything that the person may find.

    Attributes:
        number: any party's phone number, in any spelling.
        kinds: any of these; empty means every kind.
        started_from, started_before: the recording started at or after the one, and before the other.
        limit: the most results of one page.
    """

    number: str | None = None
    agent_id: str | None = None
    service_number: str | None = None
    kinds: tuple[Kind, ...] = ()
    started_from: datetime | None = None
    started_before: datetime | None = None
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None

    def __repr__(self) -> str:
        """Which filters, not their values: a log line must not hold personal data."""
        return f"Query({', '.join(self.names())})"

    def names(self) -> list[str]:
        """The filters that are set, by name: as much as the audit log may know."""
        return [name for name, value in self._filters().items() if value]

    def filters(self) -> str:
        """All that decides which results there are and in which order, in one spelling."""
        return msgspec.json.encode(self._filters()).decode()

    def _filters(self) -> dict[str, object]:
        return {
            "number": self.number,
            "agent_id": self.agent_id,
            "service_number": self.service_number,
            "kinds": sorted(self.kinds),
            "started_from": self.started_from,
            "started_before": self.started_before,
        }


def checked(query: Query) -> Query:
    """The query with its numbers in the one spelling they are stored in.

    Raises:
        Invalid: naming every field that cannot be searched for.
    """
    problems: list[FieldProblem] = []
    number = _normalised("number", query.number, problems)
    service_number = _normalised("service_number", query.service_number, problems)
    agent_id = query.agent_id if query.agent_id is None else query.agent_id.strip()
    if agent_id == "":
        problems.append(FieldProblem("agent_id", "empty", "Give an agent's id, or leave the field out."))
    if not 1 <= query.limit <= LIMIT_MOST:
        problems.append(FieldProblem("limit", "limit", f"Ask for 1 to {LIMIT_MOST} results a page."))
    if query.started_from and query.started_before and query.started_from >= query.started_before:
        problems.append(FieldProblem("to", "order", "The time range ends before it begins."))
    if problems:
        raise Invalid("The search breaks rules.", problems)
    return replace(query, number=number, service_number=service_number, agent_id=agent_id)


def _normalised(field: str, value: str | None, problems: list[FieldProblem]) -> str | None:
    if value is None:
        return None
    try:
        return normalise_number(value)
    except PhoneNumberInvalid as error:
        problems.append(FieldProblem(field, "phone-number", f"The value is refused: {error}."))
        return None
