"""One number has one spelling, and metadata does not show its contact record."""

from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.recordings import Metadata, PhoneNumberInvalid, normalise_number


@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("040 123 4567", "+358401234567"),
        ("(040) 123-4567", "+358401234567"),
        ("+358 40 123 4567", "+358401234567"),
        ("00358401234567", "+358401234567"),
        ("tel:+358-40-1234567", "+358401234567"),
        ("TEL:+358-40-1234567", "+358401234567"),
        ("040\u00a0123\u20114567", "+358401234567"),
        ("029 509 5050", "+358295095050"),
        ("0800 123 45", "+35880012345"),
        ("0600 12345", "+35860012345"),
        ("010 123 4567", "+358101234567"),
        ("116117", "+358116117"),
        ("112", "+358112"),
        ("4021", "+3584021"),
        ("+46 8 123 456", "+468123456"),
    ],
)
def test_every_spelling_of_a_number_is_one_number(spelling: str, number: str) -> None:
    assert normalise_number(spelling) == number


@pytest.mark.parametrize(
    "value", ["", "1", "0", "Matti", "0800-FLOWERS", "+35840123456789012", "++358", "0000000", "٠٤٠١٢٣٤٥٦٧"]
)
def test_what_is_no_number_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(PhoneNumberInvalid) as refused:
        normalise_number(value)
    assert not value or value not in str(refused.value).split()


@given(st.from_regex(r"\+?[0-9][0-9 -]{1,16}", fullmatch=True))
def test_normalising_twice_changes_nothing(value: str) -> None:
    try:
        once = normalise_number(value)
    except PhoneNumberInvalid:
        return
    assert normalise_number(once) == once


def test_metadata_does_not_print_its_contact_record(delivered: Callable[..., Metadata]) -> None:
    shown = repr(delivered(contact={"caller_number": "0401234567"}))
    assert "0401234567" not in shown
    assert "pbx1" not in shown


def test_metadata_is_read_from_what_a_source_sends() -> None:
    sent = b'{"kind":"call","source_id":"a","media_type":"audio/wav","started_at":"2026-01-01T10:00:00+02:00"}'
    assert msgspec.json.decode(sent, type=Metadata).started_at == datetime.fromisoformat("2026-01-01T08:00:00Z")


@pytest.mark.parametrize("wrong", ['"started_at":"2026-01-01T10:00:00"', '"started_at":"2026-01-01T10:00:00Z","x":1'])
def test_metadata_without_an_offset_or_with_an_unknown_word_is_refused(wrong: str) -> None:
    sent = '{"kind":"call","source_id":"a","media_type":"audio/wav",' + wrong + "}"
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(sent, type=Metadata)
