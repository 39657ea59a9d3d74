"""Broken glass opens what the notice says and no more; far above a habit is told from a busy day."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tenants.contracts import ContractState
from tenants.decisions import Action, Decision, Facts, Person, RecordingFacts, decide
from tenants.oversight import (
    FLOOR,
    HOUR_FLOOR,
    LEAST_DAYS,
    WITHOUT_HABIT,
    OpenGlass,
    habit_of,
    is_outside,
    rule_under,
)
from tenants.policy import Policy
from tenants.reading import PolicyInvalid, read_policy
from tenants.recordings import Kind
from tenants.vocabulary import Role, Scope

TENANT, OTHER = UUID("00000000-0000-4000-8000-000000000001"), UUID("00000000-0000-4000-8000-000000000002")
GLASS = UUID("00000000-0000-4000-8000-00000000000a")
PersonOf = Callable[..., Person]

days = st.lists(st.integers(1, 500), min_size=LEAST_DAYS, max_size=56)


@pytest.fixture
def treasury(policies: Mapping[str, Policy]) -> Policy:
    return policies["valtiokonttori"]


def facts(tenant: UUID = TENANT, contract: ContractState = ContractState.ACTIVE) -> Facts:
    return Facts(tenant=tenant, contract=contract, recording=RecordingFacts(kind=Kind.CALL))


def breaker(person: PersonOf, now: datetime, *roles: Role, minutes: int = 5) -> Person:
    glass = OpenGlass(id=GLASS, ends_at=now + timedelta(minutes=minutes))
    return structs.replace(person(*(roles or (Role.MAINTENANCE,))), glass=glass)


def listens(policy: Policy, who: Person, now: datetime, purpose: str = "verification") -> Decision:
    return decide(policy, who, Action.LISTEN, facts(), purpose, now)


@pytest.mark.parametrize("role", [Role.MAINTENANCE, Role.SECURITY])
@pytest.mark.parametrize("action", [Action.LISTEN, Action.SEARCH, Action.READ_CONTACT])
def test_broken_glass_opens_content_by_the_clause_that_knows_of_it(
    treasury: Policy, person: PersonOf, now: datetime, role: Role, action: Action
) -> None:
    decision = decide(treasury, breaker(person, now, role), action, facts(), "legal_protection", now)
    assert (decision.permitted, decision.glass) == (True, GLASS)
    assert decision.clause == treasury.cite("access_maintenance")


def test_unbroken_glass_is_told_of_with_the_clause(treasury: Policy, person: PersonOf, now: datetime) -> None:
    decision = listens(treasury, person(Role.SECURITY), now)
    assert (decision.rule, decision.clause) == ("glass-not-broken", treasury.cite("access_maintenance"))


def test_broken_glass_is_over_at_its_end(treasury: Policy, person: PersonOf, now: datetime) -> None:
    assert listens(treasury, breaker(person, now, minutes=0), now).rule == "glass-not-broken"


def test_broken_glass_serves_the_purposes_of_its_rule_only(treasury: Policy, person: PersonOf, now: datetime) -> None:
    assert listens(treasury, breaker(person, now), now, "training").rule == "purpose-not-for-role"


def test_broken_glass_opens_nothing_of_another_controllers(treasury: Policy, person: PersonOf, now: datetime) -> None:
    decision = decide(treasury, breaker(person, now), Action.LISTEN, facts(OTHER), "verification", now)
    assert (decision.rule, decision.hidden) == ("other-controller", True)


def test_broken_glass_opens_nothing_after_the_contract(treasury: Policy, person: PersonOf, now: datetime) -> None:
    over = facts(contract=ContractState.DESTROYED)
    assert decide(treasury, breaker(person, now), Action.LISTEN, over, "verification", now).rule == "contract-over"
    assert decide(treasury, person(Role.SECURITY), Action.BREAK_GLASS, over, None, now).rule == "contract-over"


def test_where_the_notice_knows_of_none_broken_glass_opens_nothing(
    policies: Mapping[str, Policy], person: PersonOf, now: datetime
) -> None:
    assert listens(policies["prh"], breaker(person, now), now, "quality").rule == "no-role"


def test_broken_glass_is_named_only_where_no_role_permits_as_much(
    treasury: Policy, person: PersonOf, now: datetime
) -> None:
    both = breaker(person, now, Role.MAINTENANCE, Role.SUPERVISOR)
    assert listens(treasury, both, now).glass is None
    agent = breaker(person, now, Role.MAINTENANCE, Role.AGENT)
    assert decide(treasury, agent, Action.SEARCH, facts(), None, now).scope is Scope.ALL
    assert listens(treasury, agent, now).glass == GLASS
    assert listens(treasury, agent, now, "training").rule == "not-own-call"


def test_no_operator_breaks_the_glass(treasury: Policy, now: datetime) -> None:
    glass = OpenGlass(id=GLASS, ends_at=now + timedelta(minutes=5))
    assert rule_under(treasury, {Role.OPERATOR, Role.MAINTENANCE}, glass, now) is None


def test_a_policy_lets_nobody_else_break_the_glass(policy_texts: Mapping[str, str]) -> None:
    text = policy_texts["valtiokonttori"].replace('roles = ["maintenance", "security"]', 'roles = ["agent"]')
    with pytest.raises(PolicyInvalid, match="the role 'agent' does not break the glass"):
        read_policy(text, source="valtiokonttori.toml")


def test_an_operator_from_outside_reaches_only_who_let_them_in(treasury: Policy, now: datetime) -> None:
    inside = Person(id=OTHER, tenant=None, roles=frozenset({Role.OPERATOR}))
    outside = structs.replace(inside, admitted=frozenset())
    admitted = structs.replace(inside, admitted=frozenset({TENANT}))
    found = [decide(treasury, who, Action.READ_CONTRACT, facts(), None, now) for who in (inside, outside, admitted)]
    assert [each.permitted for each in found] == [True, False, True]
    assert found[1].hidden


@pytest.mark.parametrize(
    ("country", "outside"), [("FI", False), ("NO", False), ("US", True), ("GB", True), (None, True)]
)
def test_from_nobody_knows_where_is_from_outside(country: str | None, outside: bool) -> None:
    assert is_outside(country) is outside


@given(days)
def test_neither_a_day_nor_an_hour_below_the_floor_is_unusual(history: list[int]) -> None:
    habit = habit_of(history)
    assert habit.a_day >= FLOOR
    assert habit.an_hour >= HOUR_FLOOR


@given(days)
def test_nobody_is_flagged_for_less_than_twice_their_habit(history: list[int]) -> None:
    habit = habit_of(history)
    assert habit.a_day >= 2 * sorted(history)[(len(history) - 1) // 2]


@given(days, st.randoms(use_true_random=False))
def test_a_habit_does_not_depend_on_the_order_of_days(history: list[int], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # of hypothesis
    assert habit_of(shuffled) == habit_of(history)


@given(st.integers(1, 60), st.integers(LEAST_DAYS, 40), st.integers(1, 100_000))
def test_one_day_that_was_unusual_makes_no_habit(usual: int, length: int, outlier: int) -> None:
    assert habit_of([usual] * length + [outlier]) == habit_of([usual] * length)


@given(st.lists(st.integers(1, 10_000), max_size=LEAST_DAYS - 1))
def test_without_a_habit_a_fixed_number_counts(history: list[int]) -> None:
    assert habit_of(history).a_day == WITHOUT_HABIT


@given(days, st.integers(1, 10))
def test_who_listens_more_each_day_may_listen_more(history: list[int], more: int) -> None:
    assert habit_of([day + more for day in history]).a_day >= habit_of(history).a_day
