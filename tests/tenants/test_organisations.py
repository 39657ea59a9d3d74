"""Who belongs to the group on which days."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tenants.organisations import Membership, belonging

DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 31))


@st.composite
def memberships(draw: st.DrawFn) -> list[Membership]:
    spans = draw(st.lists(st.tuples(DAYS, st.none() | st.integers(0, 40)), max_size=5))
    return [
        Membership(member_from=first, member_until=None if days is None else first + timedelta(days=days))
        for first, days in spans
    ]


@given(memberships(), DAYS)
def test_a_company_belongs_for_as_long_as_some_membership_holds_on_every_day(
    spans: list[Membership], day: date
) -> None:
    held = belonging(spans, day)
    assert (held is not None) == any(span.holds_on(day) for span in spans)
    if held is None:
        return
    if held.member_until is None:
        assert any(span.member_until is None for span in spans)
        return
    days = (held.member_until - day).days + 1
    assert all(any(span.holds_on(day + timedelta(days=n)) for span in spans) for n in range(days))
    assert not any(span.holds_on(held.member_until + timedelta(days=1)) for span in spans)


def test_one_membership_after_another_is_one_belonging() -> None:
    spans = [
        Membership(member_from=date(2026, 2, 1), member_until=date(2026, 2, 28)),
        Membership(member_from=date(2026, 1, 1), member_until=date(2026, 1, 31)),
    ]
    whole = Membership(member_from=date(2026, 1, 5), member_until=date(2026, 2, 28))
    assert belonging(spans, date(2026, 1, 5)) == whole
    assert belonging(spans, date(2026, 3, 1)) is None


def test_a_membership_until_the_last_day_of_the_calendar_has_no_end() -> None:
    spans = [Membership(member_from=date(2026, 1, 1), member_until=date.max)]
    assert belonging(spans, date(2026, 1, 5)) == Membership(member_from=date(2026, 1, 5))
