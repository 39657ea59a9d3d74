"""One engine decides whether a part stays: the table is its specification, the machine looks for an exception to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tenants.contracts import Contract
from tenants.keeping import Event, Fate, PartFacts, Reason, ReasonKind, State, covers, fate_of, hides, last_end
from tenants.policy import Citation
from tenants.recordings import PartClass
from tenants.vocabulary import HoldReason, RestrictionGround

RETENTION = Citation(policy="demo", version=1, id="retention", section="Säilytysaika", text="Kuusi kuukautta.")
CONTRACT_END = Citation(policy="demo", version=1, id="contract_end", section="Sopimus", text="Sopimuksen ajan.")
SECOND = timedelta(seconds=1)
DAY = datetime(2026, 6, 1, tzinfo=UTC)
CONTRACT = Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), time_zone="UTC")
PLACED = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 9, 1, tzinfo=UTC)
COMPLAINT, CLAIM, ORDER = HoldReason.COMPLAINT, HoldReason.LEGAL_CLAIM, HoldReason.AUTHORITY_ORDER
CONTESTED = RestrictionGround.ACCURACY_CONTESTED


def reason(ground: HoldReason | RestrictionGround, number: int = 1, **known: datetime | None) -> Reason:
    return Reason(id=UUID(int=number), by=UUID(int=99), ground=ground, **({"since": PLACED} | known))  # type: ignore[arg-type]  # a builder


def part(
    destroy_at: datetime | None = DAY, *, waits_for: Sequence[HoldReason] = (), reached: bool = True, **known: datetime
) -> PartFacts:
    return PartFacts(
        part_class=PartClass.CONTENT,
        destroy_at=destroy_at,
        clause=RETENTION,
        longer_while=frozenset(waits_for),
        reached=reached,
        destroyed_at=known.get("destroyed_at"),
    )


@dataclass(frozen=True)
class Case:
    """One line of the specification: a part, what lives on it, a moment; then what becomes of it."""

    name: str
    part: PartFacts
    reasons: tuple[Reason, ...]
    now: datetime
    state: State
    goes_at: datetime | None
    clause: Citation = RETENTION


END = CONTRACT.ends_at
NAMED = part(waits_for=[COMPLAINT])
TABLE = [
    # Its day alone.
    Case("a second before its day", part(), (), DAY - SECOND, State.KEPT, DAY),
    Case("on its day", part(), (), DAY, State.DUE, DAY),
    Case("a second after its day", part(), (), DAY + SECOND, State.DUE, DAY),
    Case("destroyed", part(destroyed_at=DAY + SECOND), (reason(CLAIM),), LATER, State.DESTROYED, DAY + SECOND),
    # Its contract.
    Case("a second before the contract ends", part(None), (), END - SECOND, State.KEPT, END),
    Case("when the contract ends", part(None), (), END, State.DUE, END),
    Case("a day beyond the contract", part(LATER.replace(year=2027)), (), DAY, State.KEPT, END, CONTRACT_END),
    Case("a day on the contract's end", part(END), (), END, State.DUE, END, CONTRACT_END),
    # A hold, by statute.
    Case("held before its day", part(), (reason(CLAIM),), DAY - SECOND, State.HELD, None),
    Case("held on its day", part(), (reason(CLAIM),), DAY, State.HELD, None),
    Case("placed a second before its day", part(), (reason(CLAIM, since=DAY - SECOND),), DAY, State.HELD, None),
    Case("held beyond the contract", part(None), (reason(ORDER),), END + SECOND, State.HELD, None),
    Case("placed on its day", part(reached=False), (reason(CLAIM, since=DAY),), LATER, State.DUE, DAY),
    Case("not yet taken hold of", part(reached=False), (reason(CLAIM),), DAY - SECOND, State.HELD, None),
    Case("placed after the contract", part(None, reached=False), (reason(ORDER, since=END),), END, State.DUE, END),
    # A complaint keeps what the clause says it keeps.
    Case("a complaint that the clause names", NAMED, (reason(COMPLAINT),), DAY, State.HELD, None),
    Case("a complaint that it does not name", part(), (reason(COMPLAINT),), DAY, State.DUE, DAY),
    Case("the one does not lend to the other", part(), (reason(COMPLAINT), reason(CLAIM, 2)), DAY, State.HELD, None),
    # Ends.
    Case("released before its day", part(), (reason(CLAIM, ended_at=PLACED),), DAY - SECOND, State.KEPT, DAY),
    Case("released after its day", part(), (reason(CLAIM, ended_at=LATER),), LATER, State.DUE, DAY),
    Case("until, a second before", part(), (reason(CLAIM, until=LATER),), LATER - SECOND, State.HELD, LATER),
    Case("until, then", part(), (reason(CLAIM, until=LATER),), LATER, State.DUE, DAY),
    Case("until before its day", part(), (reason(CLAIM, until=PLACED + SECOND),), PLACED, State.HELD, DAY),
    # Several live together, and the last one's end lets go.
    Case("two, of which one ended", part(), (reason(CLAIM, ended_at=DAY), reason(ORDER, 2)), LATER, State.HELD, None),
    Case("two until", part(), (reason(CLAIM, until=LATER), reason(ORDER, 2, until=DAY)), PLACED, State.HELD, LATER),
    Case("one open, one until", part(), (reason(CLAIM), reason(ORDER, 2, until=LATER)), PLACED, State.HELD, None),
    Case("two that ended", part(), (reason(CLAIM, ended_at=DAY), reason(ORDER, 2, until=DAY)), DAY, State.DUE, DAY),
    # A restriction keeps too (Art. 18(2)), and does not end before the data subject was told (Art. 18(3)).
    Case("restricted on its day", part(), (reason(CONTESTED),), DAY, State.HELD, None),
    Case("restricted until, untold", part(), (reason(CONTESTED, until=DAY),), LATER, State.HELD, None),
    Case("until, told before", part(), (reason(CONTESTED, until=LATER, told_at=DAY),), LATER, State.DUE, DAY),
    Case(
        "until, told after", part(), (reason(CONTESTED, until=DAY, told_at=LATER),), LATER - SECOND, State.HELD, LATER
    ),
    Case("told and not lifted", part(), (reason(CONTESTED, told_at=DAY),), LATER, State.HELD, None),
    Case("lifted", part(), (reason(CONTESTED, told_at=DAY, ended_at=LATER),), LATER, State.DUE, DAY),
]


def fate(case: Case) -> Fate:
    return fate_of(case.part, case.reasons, CONTRACT, CONTRACT_END, case.now)


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_a_part_goes_when_the_table_says(case: Case) -> None:
    told = fate(case)
    assert (told.state, told.goes_at, told.clause) == (case.state, case.goes_at, case.clause)
    assert bool(told.kept_by) is (case.state is State.HELD)


def test_what_keeps_a_part_is_told_with_who_since_when_and_by_which_law() -> None:
    told = fate(Case("", NAMED, (reason(COMPLAINT, 1, until=LATER), reason(CONTESTED, 2)), DAY, State.HELD, None))
    complaint, contested = told.kept_by
    assert (complaint.kind, complaint.by, complaint.since) == (ReasonKind.HOLD, UUID(int=99), PLACED)
    assert (complaint.until, complaint.statute, complaint.clause) == (LATER, None, RETENTION)
    assert (contested.kind, contested.until, contested.statute) == (ReasonKind.RESTRICTION, None, "GDPR Art. 18(1)(a)")


def test_what_would_change_it_is_told_with_the_moment_at_which_it_would_go() -> None:
    held = fate(
        Case("", part(), (reason(CLAIM), reason(CONTESTED, 2, until=LATER, told_at=DAY)), DAY, State.HELD, None)
    )
    release, lift = held.would_change
    assert (release.event, release.reason, release.goes_at) == (Event.RELEASE, UUID(int=1), LATER)
    assert (lift.event, lift.reason, lift.goes_at) == (Event.LIFT, UUID(int=2), None)
    assert "others" in release.sentence
    free = fate(Case("", part(), (), DAY - SECOND, State.KEPT, DAY))
    assert [change.event for change in free.would_change] == [
        Event.HOLD,
        Event.SHORTER_PERIOD,
        Event.CONTRACT_MOVED,
        Event.DESTRUCTION_ORDER,
    ]
    bound = fate(Case("", part(None), (), DAY, State.KEPT, END))
    assert "extended" in bound.would_change[2].sentence
    assert not fate(Case("", part(), (), DAY, State.DUE, DAY)).would_change


def test_only_a_restriction_hides_and_only_while_it_lives() -> None:
    reasons = [reason(CLAIM), reason(CONTESTED, 2, ended_at=DAY)]
    assert [each.id for each in hides(reasons, DAY - SECOND)] == [UUID(int=2)]
    assert not hides(reasons, DAY)


def test_nothing_ends_when_nothing_lives() -> None:
    assert last_end([]) is None


class Keeping(RuleBasedStateMachine):
    """Random policies, events and clock: nothing stays past its day without a live reason, nor goes while one lives.

    What should live is worked out here a second time, from the events alone.
    """

    @initialize(days=st.integers(1, 40) | st.none(), named=st.booleans(), contract_days=st.integers(1, 60))
    def begin(self, days: int | None, named: bool, contract_days: int) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        day = None if days is None else self.now + timedelta(days=days)
        self.part = part(day, waits_for=[COMPLAINT] if named else [])
        self.ends_on = self.now.date() + timedelta(days=contract_days)
        self.reasons: list[Reason] = []
        self.gone = False

    @property
    def contract(self) -> Contract:
        return Contract(starts_on=date(2026, 1, 1), ends_on=self.ends_on, time_zone="UTC")

    def fate(self) -> Fate:
        return fate_of(self.part, self.reasons, self.contract, CONTRACT_END, self.now)

    @rule(hours=st.integers(0, 300), seconds=st.integers(0, 2))
    def time_passes(self, hours: int, seconds: int) -> None:
        self.now += timedelta(hours=hours, seconds=seconds)

    @rule(ground=st.sampled_from([*HoldReason, *RestrictionGround]), days=st.integers(1, 40) | st.none())
    def place(self, ground: HoldReason | RestrictionGround, days: int | None) -> None:
        until = None if days is None else self.now + timedelta(days=days)
        made = reason(ground, len(self.reasons) + 1, since=self.now, until=until)
        if self.fate().state in (State.KEPT, State.HELD) and covers(made, self.part):
            self.reasons.append(made)

    @rule(which=st.integers(0, 20))
    def tell(self, which: int) -> None:
        self.change(which, told_at=self.now)

    @rule(which=st.integers(0, 20))
    def end(self, which: int) -> None:
        self.change(which, told_at=self.now, ended_at=self.now)

    def change(self, which: int, **known: datetime) -> None:
        if which < len(self.reasons) and self.reasons[which].is_live(self.now):
            before = self.reasons[which]
            facts = {"until": before.until, "since": before.since, "told_at": before.told_at} | known
            self.reasons[which] = reason(before.ground, which + 1, **facts)

    @rule(days=st.integers(-20, 20))
    def move_the_day(self, days: int) -> None:
        if self.part.destroy_at is not None and not self.gone:
            waits_for = sorted(self.part.longer_while)
            self.part = part(max(self.part.destroy_at + timedelta(days=days), self.now), waits_for=waits_for)

    @rule(days=st.integers(0, 30))
    def move_the_contract(self, days: int) -> None:
        if self.contract.ends_at > self.now:
            self.ends_on = max(self.now.date(), self.ends_on + timedelta(days=days - 15))

    @rule()
    def destroy_what_is_due(self) -> None:
        if self.fate().state is State.DUE and not self.gone:
            self.gone = True
            self.part = part(self.part.destroy_at, destroyed_at=self.now)

    @invariant()
    def stays_exactly_as_long_as_it_may(self) -> None:
        told = self.fate()
        if self.gone:
            assert told.state is State.DESTROYED
            return
        lives = any(self.still_lives(each) for each in self.reasons)
        ends = [moment for moment in (self.part.destroy_at, self.contract.ends_at) if moment is not None]
        past = min(ends) <= self.now
        assert (told.state is State.HELD) is lives
        assert (told.state is State.DUE) is (past and not lives)
        assert told.goes_at is None or lives or told.goes_at == min(ends)
        assert told.goes_at is None or told.state is not State.HELD or told.goes_at > self.now

    def still_lives(self, each: Reason) -> bool:
        if each.ended_at is not None:
            return False
        over = each.until is not None and self.now >= each.until
        if isinstance(each.ground, RestrictionGround):
            return not (over and each.told_at is not None)
        return not over


Keeping.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestKeeping = Keeping.TestCase
