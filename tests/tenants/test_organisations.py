"""What an organisation's entry has to say, and who belongs to the group on which days."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.organisations import Entry, Membership, OrganisationKind, belonging, broken_rules, ending

DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 31))


@st.composite
def memberships(draw: st.DrawFn) -> list[Membership]:
    spans = draw(st.lists(st.tuples(DAYS, st.none() | st.integers(0, 40)), max_size=5))
    return [
        Membership(member_from=first, member_until=None if days is None else first + timedelta(days=days))
        for first, days in spans
    ]


def holds_on(span: Membership, day: date) -> bool:
    """Whether a company belongs to the group on a day, by one membership alone."""
    return span.member_from <= day and (span.member_until is None or day <= span.member_until)


@given(memberships(), DAYS)
def test_a_company_belongs_for_as_long_as_some_membership_holds_on_every_day(
    spans: list[Membership], day: date
) -> None:
    held = belonging(spans, day)
    assert (held is not None) == any(holds_on(span, day) for span in spans)
    if held is None:
        return
    if held.member_until is None:
        assert any(span.member_until is None for span in spans)
        return
    days = (held.member_until - day).days + 1
    assert all(any(holds_on(span, day + timedelta(days=n)) for span in spans) for n in range(days))
    assert not any(holds_on(span, held.member_until + timedelta(days=1)) for span in spans)


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


POLICE = Entry(
    kind=OrganisationKind.AUTHORITY,
    name="Demo Police Department",
    business_id="2077474-0",
    statutory_right="The police are told what they need in spite of secrecy.",
    legal_bases=("Poliisilaki 4:3 §", "(EU) 2016/680, Art. 4"),
)


def broken(**changes: object) -> set[tuple[str, str]]:
    return {(each.field, each.rule) for each in broken_rules(msgspec.structs.replace(POLICE, **changes))}


def test_an_entry_that_says_what_it_has_to_breaks_nothing() -> None:
    assert broken() == set()
    assert broken(business_id=None) == set()
    assert broken(kind=OrganisationKind.COMPANY, legal_bases=(), statutory_right=None) == set()
    assert broken(kind=OrganisationKind.RESEARCH, statutory_right=None) == set()


def test_an_authority_says_by_what_right_and_on_which_laws() -> None:
    assert broken(legal_bases=(), statutory_right=None) == {("legal_bases", "missing"), ("statutory_right", "missing")}
    assert broken(kind=OrganisationKind.RESEARCH, legal_bases=()) == {("legal_bases", "missing")}


@pytest.mark.parametrize(
    "law", ["", "4:3 §", "call +358501234567", "a@b.example", "Poliisi 0501234567", " Poliisilaki 4:3 §", "x" * 121]
)
def test_a_legal_basis_is_the_short_name_of_a_law(law: str) -> None:
    assert broken(legal_bases=("Poliisilaki 4:3 §", law)) == {("legal_bases[1]", "law")}


def test_an_entry_has_a_name_a_right_business_id_and_so_many_laws() -> None:
    assert broken(name="x") == {("name", "length")}
    assert broken(business_id="2077474-1") == {("business_id", "business-id")}
    assert broken(legal_bases=("Poliisilaki 4:3 §",) * 51) == {("legal_bases", "length")}


def test_no_identity_code_gets_into_an_entry() -> None:
    assert broken(name="Demo Person 131052-308T") == {("name", "identity-code")}
    assert broken(statutory_right="Ask for 131052-308T.") == {("statutory_right", "identity-code")}


TODAY = date(2026, 2, 10)
JANUARY_ON = Membership(member_from=date(2026, 1, 1))


def test_a_membership_ends_yesterday_at_the_earliest_and_may_be_prolonged() -> None:
    yesterday = date(2026, 2, 9)
    assert ending(JANUARY_ON, yesterday, TODAY) == Membership(member_from=date(2026, 1, 1), member_until=yesterday)
    ends_today = Membership(member_from=date(2026, 1, 1), member_until=TODAY)
    assert ending(ends_today, None, TODAY) == JANUARY_ON


@pytest.mark.parametrize(
    ("membership", "last_day"),
    [
        (JANUARY_ON, date(2026, 2, 8)),
        (Membership(member_from=date(2026, 1, 1), member_until=date(2026, 2, 9)), None),
        (Membership(member_from=date(2026, 3, 1)), date(2026, 2, 28)),
    ],
)
def test_what_was_given_under_a_membership_stays_lawful(membership: Membership, last_day: date | None) -> None:
    with pytest.raises(ValueError, match="membership"):
        ending(membership, last_day, TODAY)
