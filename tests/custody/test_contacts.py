"""A contact record is read as it was written, and says which of its fields it is found by."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.recordings import PHONE_NUMBER_FIELDS, ContactField, Direction, Segment
from vault.custody.contacts import INDEXED, ContactRecord, label

moments = st.datetimes(timezones=st.just(UTC))
records = st.builds(
    ContactRecord,
    started_at=moments,
    ended_at=st.none() | moments,
    direction=st.none() | st.sampled_from(Direction),
    fields=st.dictionaries(st.sampled_from(ContactField).map(str), st.text(max_size=20) | st.integers(0, 2**53)),
)


@given(records)
def test_what_was_written_is_read_again(record: ContactRecord) -> None:
    assert ContactRecord.read(record.encode()) == record


@given(records)
def test_each_indexed_field_that_has_a_value_is_found_by_it(record: ContactRecord) -> None:
    terms = {field: (name, value) for field, name, value in record.index_terms()}
    assert terms.keys() == INDEXED & record.fields.keys()
    assert all(value == str(record.fields[field]) for field, (_, value) in terms.items())


def test_all_phone_numbers_are_found_alike_and_nothing_else_is() -> None:
    assert {label(field) for field in PHONE_NUMBER_FIELDS} == {"number"}
    assert label(ContactField.AGENT_ID) == "agent_id"


def test_it_says_whose_call_it_was_if_it_knows() -> None:
    record = ContactRecord(started_at=datetime(2026, 1, 1, tzinfo=UTC), fields={"agent_id": "agent-1"})
    assert record.agent_id == "agent-1"
    assert ContactRecord(started_at=record.started_at).agent_id is None


def test_nothing_of_it_shows_when_it_is_printed() -> None:
    record = ContactRecord(started_at=datetime(2026, 1, 1, tzinfo=UTC), fields={"caller_number": "+358401234567"})
    assert repr(record) == "ContactRecord(…)"


def test_something_else_is_not_read_as_one() -> None:
    with pytest.raises(ValueError, match="started_at"):
        ContactRecord.read(b"{}")


def test_every_agent_who_had_it_is_a_term_once() -> None:
    hands = tuple(Segment(agent_id=f"agent-{n % 2}", starts_ms=n, ends_ms=n + 1) for n in range(4))
    record = ContactRecord(started_at=datetime(2026, 1, 1, tzinfo=UTC), fields={"agent_id": "agent-0"}, segments=hands)
    assert ContactRecord.read(record.encode()) == record
    assert [value for _, _, value in record.index_terms()] == ["agent-0", "agent-1"]
