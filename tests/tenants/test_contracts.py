"""A contract's state follows its dates, and its steps go one way."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contracts import Contract, ContractState, IllegalTransition

ORDER = list(ContractState)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def year() -> Contract:
    return Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), time_zone="Europe/Helsinki")


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2025-06-01T00:00", ContractState.ACTIVE),
        ("2026-10-01T20:59:59", ContractState.ACTIVE),
        ("2026-10-01T21:00", ContractState.ENDING),
        ("2026-12-31T21:59:59", ContractState.ENDING),
        ("2026-12-31T22:00", ContractState.ENDED),
        ("2030-01-01T00:00", ContractState.ENDED),
    ],
)
def test_the_last_day_ends_at_midnight_where_the_notice_is_read(year: Contract, moment: str, state: str) -> None:
    assert year.state_on(utc(moment)) is state


def test_a_contract_knows_its_first_and_last_moments(year: Contract) -> None:
    assert (year.starts_at, year.ends_at) == (utc("2025-12-31T22:00"), utc("2026-12-31T22:00"))


def test_only_the_first_two_states_are_alive() -> None:
    assert [state.over for state in ContractState] == [False, False, True, True, True, True]


def test_what_was_promised_back_is_returned_and_confirmed_before_anything_is_destroyed(year: Contract) -> None:
    ended = utc("2027-01-01T08:00")
    with pytest.raises(IllegalTransition, match="before the controller has confirmed"):
        year.begin_destruction(ended, returns=True)
    returning = year.begin_return(ended)
    assert returning.state_on(ended) is ContractState.RETURNING
    assert returning.begin_return(ended + timedelta(days=1)) == returning
    with pytest.raises(IllegalTransition, match="before the controller has confirmed"):
        returning.begin_destruction(ended)
    confirmed = returning.confirm_return(ended + timedelta(days=2))
    assert confirmed.confirm_return(ended + timedelta(days=3)) == confirmed
    destroying = confirmed.begin_destruction(ended + timedelta(days=4), returns=True)
    assert destroying.state_on(ended + timedelta(days=4)) is ContractState.DESTROYING
    with pytest.raises(IllegalTransition):
        destroying.begin_return(ended + timedelta(days=5))


def test_a_moved_end_knows_since_when(year: Contract) -> None:
    now = utc("2026-06-01T10:00")
    assert (year.decided_at, year.with_end(date(2026, 12, 30), now).decided_at) == (year.starts_at, now)


def test_a_contract_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end on 2025-12-31"):
        Contract(starts_on=date(2026, 1, 1), ends_on=date(2025, 12, 31), time_zone="UTC")


def test_destruction_follows_the_end_and_completes_once(year: Contract) -> None:
    ended = utc("2027-01-01T08:00")
    destroying = year.begin_destruction(ended)
    assert destroying.state_on(ended) is ContractState.DESTROYING
    assert destroying.begin_destruction(ended + timedelta(hours=1)) == destroying
    destroyed = destroying.complete_destruction(ended + timedelta(hours=2))
    assert destroyed.state_on(ended) is ContractState.DESTROYED
    assert destroyed.destroyed_at == ended + timedelta(hours=2)


def test_a_living_contract_is_not_destroyed(year: Contract) -> None:
    with pytest.raises(IllegalTransition, match="active cannot begin destruction"):
        year.begin_destruction(utc("2026-05-01T00:00"))
    with pytest.raises(IllegalTransition, match="ended cannot complete destruction"):
        year.complete_destruction(utc("2027-01-01T00:00"))


def test_a_destroyed_contract_stays_destroyed(year: Contract) -> None:
    after = utc("2027-01-02T00:00")
    destroyed = year.begin_destruction(after).complete_destruction(after)
    with pytest.raises(IllegalTransition, match="destroyed cannot begin"):
        destroyed.begin_destruction(after)
    with pytest.raises(IllegalTransition, match="destroyed cannot get another last day"):
        destroyed.with_end(date(2028, 1, 1), after)


def test_the_last_day_moves_while_the_contract_lives(year: Contract) -> None:
    noon = utc("2026-05-10T09:00")
    assert year.with_end(date(2027, 6, 30), noon).ends_on == date(2027, 6, 30)
    assert year.with_end(date(2026, 5, 10), noon).state_on(noon) is ContractState.ENDING
    assert year.with_end(date(2026, 5, 9), noon).state_on(noon) is ContractState.ENDED
    with pytest.raises(IllegalTransition, match="before yesterday, 2026-05-09"):
        year.with_end(date(2026, 5, 8), noon)


def test_the_last_day_is_not_before_the_first(year: Contract) -> None:
    with pytest.raises(IllegalTransition, match="before the first, 2026-01-01"):
        year.with_end(date(2025, 12, 31), utc("2026-01-01T09:00"))


def test_yesterday_is_yesterday_where_the_notice_is_read(year: Contract) -> None:
    assert year.with_end(date(2026, 5, 10), utc("2026-05-10T22:00")).ends_on == date(2026, 5, 10)


@given(st.integers(-400, 800), st.integers(0, 800))
def test_time_moves_a_contract_forwards_only(day: int, later: int) -> None:
    contract = Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), time_zone="Europe/Helsinki")
    moment = contract.starts_at + timedelta(days=day)
    before, after = contract.state_on(moment), contract.state_on(moment + timedelta(days=later))
    assert ORDER.index(before) <= ORDER.index(after)


@pytest.mark.parametrize("last_day", [date(9999, 12, 31), date(2200, 1, 1)])
def test_a_contract_cannot_be_moved_off_the_calendar(year: Contract, last_day: date) -> None:
    """One whose end cannot be reckoned would stop the search for what is due, for every controller."""
    with pytest.raises(ValueError, match="lies between"):
        year.with_end(last_day, utc("2026-05-10T09:00"))
