"""What the desk calls rights, acts and days: each clock is told as the days that are left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from tenants.deadlines import extend_by
from tenants.disclosing import DisclosureState
from tenants.subject_rules import ARTICLES
from tenants.vocabulary import Right
from vault.console.language import ZONE, _, mark
from vault.errors import FieldProblem
from vault.proposals.model import State as ProposalState
from vault.subjects.answering import GIVEN
from vault.subjects.model import ActKind, SubjectRequest

RIGHTS: Final[Mapping[Right, str]] = MappingProxyType(
    {
        Right.ACCESS: mark("Access to one's own data"),
        Right.RECTIFICATION: mark("Rectification"),
        Right.ERASURE: mark("Erasure"),
        Right.RESTRICTION: mark("Restriction of processing"),
        Right.PORTABILITY: mark("Data portability"),
        Right.OBJECTION: mark("Objection"),
    }
)

ACTS: Final[Mapping[ActKind, str]] = MappingProxyType(
    {
        ActKind.STATEMENT: mark("Statement added"),
        ActKind.RESTRICTION: mark("Use restricted"),
        ActKind.DESTRUCTION: mark("Destroyed"),
    }
)

ORDERS: Final[Mapping[ProposalState, str]] = MappingProxyType(
    {
        ProposalState.PROPOSED: mark("waits for a second person"),
        ProposalState.APPROVED: mark("approved, being carried out"),
        ProposalState.CARRIED_OUT: mark("carried out"),
        ProposalState.REFUSED: mark("could not be carried out"),
        ProposalState.REJECTED: mark("rejected by the second person"),
        ProposalState.WITHDRAWN: mark("withdrawn by whoever proposed it"),
        ProposalState.LAPSED: mark("lapsed: nobody decided in time"),
    }
)

SPOKEN: Final = (("fi", "Suomi"), ("sv", "Svenska"), ("en", "English"))
"""The languages that a letter is written in, each by its own name."""

SOON_DAYS: Final = 7


@dataclass(frozen=True)
class Clock:
    """How an open request stands in time: days until the answer is owed (negative once it is late), in which tone."""

    days: int
    tone: str
    extendable: bool

    def words(self) -> str:
        """The same as a sentence."""
        if self.days == -1:
            return _("One day late")
        if self.days < 0:
            return _("%(n)s days late") % {"n": -self.days}
        if self.days == 0:
            return _("Owed today")
        return _("One day left") if self.days == 1 else _("%(n)s days left") % {"n": self.days}


def clock_of(request: SubjectRequest, now: datetime) -> Clock | None:
    """The clock of a request; None once it has ended."""
    if not request.state.open:
        return None
    today = now.astimezone(ZONE).date()
    days = (request.due_on - today).days
    tone = "bad" if days < 0 else "warn" if days <= SOON_DAYS else ""
    return Clock(days, tone, request.extended_at is None and today <= latest(request))


def latest(request: SubjectRequest) -> date:
    """Until which day the person may be told that it takes longer."""
    return extend_by(request.received_on)


def right_of(right: Right) -> str:
    """A right with its article."""
    return f"{_(RIGHTS[right])} ({ARTICLES[right]})"


def rights() -> list[tuple[str, str]]:
    """All rights, for a select."""
    return [(str(right), right_of(right)) for right in Right]


def placed(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Problems by the fields of the desk's forms, which are flat: `said.numbers[0]` stands beside `numbers`."""
    return [FieldProblem(_field(each.field), each.rule, each.detail) for each in problems]


def _field(path: str) -> str:
    return path.removeprefix("said.").partition(".")[0].partition("[")[0]


def tone_of(state: DisclosureState) -> str:
    """In which tone the state of a disclosure is shown."""
    return "good" if state in GIVEN else "off" if state.over else "warn"
