"""Whatever is granted, nothing of what is not granted gets out: contact fields, turns, names, seconds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.recordings import PHONE_NUMBER_FIELDS, ContactField, Direction, Kind
from tenants.vocabulary import DisclosureKind
from vault.custody.contacts import ContactRecord
from vault.disclosure.model import Limits
from vault.ingest.transcripts import Answer, Message, Sender, Survey, Talk, canonical
from vault.packages.contacts import narrowed
from vault.packages.given import NAMING, NOT_OF_CUSTOMERS, OF_STAFF, Making, is_narrowed
from vault.packages.members import Basis, Controller
from vault.packages.pseudonyms import Pseudonyms
from vault.packages.transcripts import read, to_text, within

AT = datetime(2026, 11, 3, 9, 7, 31, 250_000, tzinfo=UTC)
ALL: dict[ContactField, str | int] = {
    **{name: f"value of {name.value}" for name in ContactField},
    ContactField.START: AT.isoformat(),
    ContactField.END: AT.isoformat(),
    ContactField.SENT_AT: AT.isoformat(),
    ContactField.MESSAGE_COUNT: 3,
}
RECORD = ContactRecord(
    started_at=AT, ended_at=AT, direction=Direction.IN, fields={name.value: value for name, value in ALL.items()}
)


def making(kind: DisclosureKind = DisclosureKind.AUTHORITY, pseudonyms: Pseudonyms | None = None) -> Making:
    return Making(
        package=uuid4(),
        disclosure=uuid4(),
        mark="rvmark-" + "0" * 32,
        kind=kind,
        controller=Controller(id=uuid4(), slug="demo", name="Demo"),
        basis=Basis(policy_version=1, law="A law"),
        made_at=AT,
        pseudonyms=pseudonyms,
    )


@given(st.sets(st.sampled_from(ContactField)), st.sampled_from(DisclosureKind), st.booleans())
def test_no_field_is_given_that_was_not_granted(
    names: set[ContactField], kind: DisclosureKind, pseudonymised: bool
) -> None:
    terms = making(kind, Pseudonyms() if pseudonymised else None)
    told = narrowed(RECORD, AT, Limits(contact_fields=tuple(names)), terms)
    assert set(told.fields) == (names - NAMING if pseudonymised else names)
    assert (told.started_at is not None) == (ContactField.START in names)
    assert (told.ended_at is not None) == (ContactField.END in names)
    written = told.encode(terms.mark).decode()
    for name in set(ContactField) - names - {ContactField.MESSAGE_COUNT}:
        assert str(ALL[name]) not in written or name in (ContactField.START, ContactField.END, ContactField.SENT_AT)


@pytest.mark.parametrize("kind", list(DisclosureKind))
def test_where_no_field_is_named_each_kind_gives_what_is_the_recipients_to_know(kind: DisclosureKind) -> None:
    told = set(narrowed(RECORD, AT, Limits(), making(kind)).fields)
    if kind is DisclosureKind.SUBJECT_ACCESS:
        assert told == set(ContactField) - OF_STAFF
    elif kind is DisclosureKind.AGENT_ACCESS:
        assert told == NOT_OF_CUSTOMERS
    else:
        assert told == set(ContactField)


def test_a_pseudonymised_record_names_nobody_and_tells_minutes() -> None:
    pseudonyms = Pseudonyms()
    told = narrowed(RECORD, AT, Limits(), making(DisclosureKind.RESEARCH, pseudonyms))
    assert told.started_at == AT.replace(second=0, microsecond=0)
    assert told.fields[ContactField.SENT_AT] == "2026-11-03T09:07:00+00:00"
    assert NAMING.isdisjoint(told.fields)
    for name in (*PHONE_NUMBER_FIELDS, ContactField.AGENT_ID):
        assert UUID(str(told.fields[name])).version == 8
    assert told.fields[ContactField.MESSAGE_COUNT] == 3


@given(st.text(), st.text())
def test_a_pseudonym_is_the_same_in_one_package_and_in_no_other(one: str, other: str) -> None:
    pseudonyms = Pseudonyms()
    assert pseudonyms.of("number", one) == pseudonyms.of("number", one)
    assert (pseudonyms.of("number", one) == pseudonyms.of("number", other)) == (one == other)
    assert pseudonyms.of("agent_id", one) != pseudonyms.of("number", one)
    assert Pseudonyms().of("number", one) != pseudonyms.of("number", one)
    assert "key" not in repr(pseudonyms)


MILLISECONDS = st.integers(-5_000, 600_000)


@given(st.lists(MILLISECONDS, max_size=30), st.lists(st.integers(0, 600_000), min_size=2, max_size=8, unique=True))
def test_only_turns_within_the_excerpts_are_given(times: list[int], cuts: list[int]) -> None:
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    limits = Limits(excerpts=tuple(zip(cuts[::2], cuts[1::2], strict=True)))
    messages = tuple(
        Message(at=AT + timedelta(milliseconds=at), sender=Sender.CUSTOMER, text=f"turn {number} ends")
        for number, at in enumerate(times)
    )
    told = within(Talk(messages=messages), AT, limits, making())
    assert isinstance(told, Talk)
    # What was written before the recording's own beginning is of its beginning.
    wanted = [n for n, at in enumerate(times) if any(a <= max(at, 0) < b for a, b in limits.excerpts)]
    assert [message.text for message in told.messages] == [f"turn {number} ends" for number in wanted]
    text = to_text(told, making(), time_zone="Europe/Helsinki").decode()
    assert text.count("ends") == len(wanted)


def test_answers_have_no_times_and_lie_in_no_excerpt() -> None:
    survey = Survey(answers=(Answer(question="How was it?", answer=5),))
    assert read(canonical(survey), Kind.SMS_SURVEY) == survey
    assert within(survey, AT, Limits(), making()) == survey
    assert within(survey, AT, Limits(excerpts=((0, 1000),)), making()).answers == ()  # type: ignore[union-attr]  # a survey has one


@pytest.mark.parametrize(
    ("limits", "pseudonyms", "less"),
    [
        (Limits(), None, False),
        (Limits(), Pseudonyms(), True),
        (Limits(excerpts=((0, 1),)), None, True),
        (Limits(contact_fields=()), None, True),
    ],
)
def test_where_anything_is_withheld_no_file_that_says_more_goes_along(
    limits: Limits, pseudonyms: Pseudonyms | None, less: bool
) -> None:
    assert is_narrowed(making(pseudonyms=pseudonyms), limits) is less
