"""What another version changes is told before it is decided, and nothing is ever kept longer than both promised."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tenants.policy import Policy, RetentionRule
from tenants.policy_changes import Change, effective_at, new_day, other_changes, periods
from tenants.reading import read_policy
from tenants.recordings import Kind, PartClass
from tenants.retention import destroy_at, parse_retention, promised_until

AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture
def prh(policies: Mapping[str, Policy]) -> Policy:
    return policies["prh"]


def version(policy: Policy, *, keep: str, part_class: str = "content", also: bool = False, **changes: object) -> Policy:
    """The next version, in which calls are kept for so long."""
    call = policy.recorded.kinds[Kind.CALL]
    rule = RetentionRule(keep=keep, clause="retention_contact", also_recorded_before=also)
    rules = replace(call.retention, **{part_class: rule})
    kinds = dict(policy.recorded.kinds) | {Kind.CALL: replace(call, retention=rules)}
    recorded = replace(policy.recorded, kinds=kinds)
    defaults: dict[str, object] = {"version": policy.version + 1, "effective_from": date(2026, 6, 1)}
    return replace(policy, recorded=recorded, **(defaults | changes))


def day_of(policy: Policy, recorded_at: datetime) -> datetime | None:
    rule = policy.recorded.kinds[Kind.CALL].retention.content
    return destroy_at(recorded_at, rule.retention, policy.time_zone)


def moved(before: Policy, after: Policy, recorded_at: datetime = AT) -> datetime | None:
    other = new_day(after, Kind.CALL, PartClass.CONTENT, recorded_at=recorded_at, day=day_of(before, recorded_at))
    return day_of(before, recorded_at) if other is None else other.destroy_at


def test_a_shorter_period_moves_what_is_stored_to_its_earlier_day(prh: Policy) -> None:
    after = version(prh, keep="P3M")
    other = new_day(after, Kind.CALL, PartClass.CONTENT, recorded_at=AT, day=day_of(prh, AT))
    assert other is not None
    assert other.destroy_at == destroy_at(AT, parse_retention("P3M"), prh.time_zone)
    assert other.promised_until == promised_until(AT, parse_retention("P3M"), prh.time_zone)
    assert other.clause == "retention_contact"


def test_a_longer_period_is_for_what_is_recorded_from_its_first_day_on(prh: Policy) -> None:
    after = version(prh, keep="P12M")
    assert moved(prh, after) == day_of(prh, AT)
    later = effective_at(after) + timedelta(hours=1)
    assert moved(prh, after, later) == day_of(after, later)
    just_before = effective_at(after) - timedelta(seconds=1)
    assert moved(prh, after, just_before) == day_of(prh, just_before)


def test_a_longer_period_is_for_what_was_recorded_before_where_its_rule_says_so(prh: Policy) -> None:
    after = version(prh, keep="P12M", also=True)
    assert moved(prh, after) == day_of(after, AT)


@pytest.mark.parametrize("also", [False, True])
def test_the_contracts_end_is_later_than_every_day(prh: Policy, also: bool) -> None:
    for_the_contract = version(prh, keep="contract", also=also)
    assert moved(prh, for_the_contract) == (None if also else day_of(prh, AT))
    other = new_day(prh, Kind.CALL, PartClass.CONTENT, recorded_at=AT, day=None)
    assert other is not None
    assert other.destroy_at == day_of(prh, AT)
    same = new_day(for_the_contract, Kind.CALL, PartClass.CONTENT, recorded_at=AT, day=None)
    assert same is None


def test_what_the_version_does_not_know_stays_as_it_is(prh: Policy) -> None:
    without = {kind: rule for kind, rule in prh.recorded.kinds.items() if kind is not Kind.CALL}
    after = replace(prh, recorded=replace(prh.recorded, kinds=without))
    day = day_of(prh, AT)
    assert new_day(after, Kind.CALL, PartClass.CONTENT, recorded_at=AT, day=day) is None
    assert new_day(prh, Kind.CALL, PartClass.IDENTIFIERS, recorded_at=AT, day=day) is None


@pytest.mark.parametrize(
    ("keep", "change"),
    [("P3M", Change.SHORTER), ("P6M", Change.SAME), ("P2Y", Change.LONGER), ("contract", Change.LONGER)],
)
def test_each_period_is_told_as_it_was_and_will_be(prh: Policy, keep: str, change: Change) -> None:
    told = {(one.kind, one.part_class): one for one in periods(prh, version(prh, keep=keep))}
    period = told[Kind.CALL, PartClass.CONTENT]
    assert (period.before, period.after, period.change) == ("P6M", keep, change)
    others = {one.change for key, one in told.items() if key != (Kind.CALL, PartClass.CONTENT)}
    assert others == {Change.SAME}


def test_a_kind_that_comes_or_goes_is_told(prh: Policy) -> None:
    without = {kind: rule for kind, rule in prh.recorded.kinds.items() if kind is not Kind.CALL}
    fewer = replace(prh, recorded=replace(prh.recorded, kinds=without))
    assert {one.change for one in periods(prh, fewer) if one.kind is Kind.CALL} == {Change.GONE}
    assert {one.change for one in periods(fewer, prh) if one.kind is Kind.CALL} == {Change.NEW}


def test_whatever_else_differs_is_told_by_its_path(policy_texts: Mapping[str, str], prh: Policy) -> None:
    text = policy_texts["prh"].replace("version = 1", "version = 2", 1)
    text = text.replace('languages = ["fi"', 'languages = ["sv", "fi"', 1)
    after = replace(read_policy(text, source="prh.toml"), dpo=replace(prh.dpo, contact="dpo@other.example"))
    told = {one.path: one for one in other_changes(prh, after)}
    assert told["dpo.contact"].after == "dpo@other.example"
    assert not {"version", "effective_from"} & told.keys()
    longer = replace(prh, clauses=dict(prh.clauses) | {"new": replace(prh.clauses["access"], text="x" * 900)})
    added = {one.path: one for one in other_changes(prh, longer)}["clauses.new.text"]
    assert added.before is None
    assert added.after is not None
    assert len(added.after) < 300


@settings(max_examples=60)
@given(
    months=st.integers(1, 36),
    other=st.integers(1, 36),
    minutes=st.integers(-1_000_000, 1_000_000),
    also=st.booleans(),
)
def test_a_day_is_later_only_where_a_promise_says_so(
    policies: Mapping[str, Policy], months: int, other: int, minutes: int, also: bool
) -> None:
    recorded_at = AT + timedelta(minutes=minutes)
    before = version(policies["prh"], keep=f"P{months}M")
    after = version(before, keep=f"P{other}M", also=also)
    day, old, new = moved(before, after, recorded_at), day_of(before, recorded_at), day_of(after, recorded_at)
    assert day is not None
    assert old is not None
    assert new is not None
    assert day == min(old, new) or (day == new and (also or recorded_at >= effective_at(after)))
    rule = after.recorded.kinds[Kind.CALL].retention.content
    until = promised_until(recorded_at, rule.retention, after.time_zone)
    assert until is not None
    assert day <= max(until, old)
