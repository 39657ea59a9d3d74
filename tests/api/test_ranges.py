import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.api.ranges import ByteRange, is_unchanged, parse_range, range_applies
from vault.errors import RangeNotSatisfiable

TAG = '"6f0d9a52"'

sizes = st.integers(min_value=1, max_value=10**12)
positions = st.integers(min_value=0, max_value=10**18 - 1)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-1", (0, 2)),
        ("bytes=8-", (8, 10)),
        ("bytes=9-9", (9, 10)),
        ("bytes=-5", (5, 10)),
        ("bytes=-999", (0, 10)),
        ("bytes=0-999", (0, 10)),
        ("Bytes=2-3", (2, 4)),
        (" bytes=2-3 ", (2, 4)),
    ],
)
def test_one_range_is_cut_to_what_there_is(header: str, expected: tuple[int, int]) -> None:
    assert parse_range(header, 10) == ByteRange(*expected)


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-10", "bytes=-0", "bytes=999-1000"])
def test_a_range_after_the_last_byte_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(header, 10)
    assert refused.value.size == 10


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=5-4",
        "bytes=0-1,3-4",
        "items=0-1",
        "bytes=-",
        "bytes=a-b",
        "bytes 0-1",
        "bytes=0-1;",
        "bytes=٣-٤",
    ],
)
def test_what_is_not_one_well_formed_range_is_ignored(header: str | None) -> None:
    assert parse_range(header, 10) is None


def test_thousands_of_digits_are_ignored() -> None:
    assert parse_range(f"bytes={'9' * 5000}-", 10) is None


@given(first=positions, last=positions, size=sizes)
def test_what_is_sent_is_what_was_asked_for_and_exists(first: int, last: int, size: int) -> None:
    header = f"bytes={first}-{last}"
    if last < first:
        assert parse_range(header, size) is None
    elif first >= size:
        with pytest.raises(RangeNotSatisfiable):
            parse_range(header, size)
    else:
        assert parse_range(header, size) == (first, min(last + 1, size))


@given(length=st.integers(min_value=1, max_value=10**18 - 1), size=sizes)
def test_a_suffix_ends_where_everything_ends(length: int, size: int) -> None:
    assert parse_range(f"bytes=-{length}", size) == (max(0, size - length), size)


@given(header=st.text(max_size=40), size=st.integers(min_value=0, max_value=100))
def test_no_header_breaks_the_parser_or_leads_outside(header: str, size: int) -> None:
    for asked in (header, f"bytes={header}"):
        try:
            found = parse_range(asked, size)
        except RangeNotSatisfiable:
            continue
        assert found is None or 0 <= found.start < found.stop <= size


@pytest.mark.parametrize(
    ("if_range", "applies"),
    [(None, True), (TAG, True), (f"W/{TAG}", False), ('"other"', False), ("Sat, 21 Nov 2026 10:00:00 GMT", False)],
)
def test_a_range_applies_to_the_representation_it_was_meant_for(if_range: str | None, applies: bool) -> None:
    assert range_applies(if_range, TAG) is applies


@pytest.mark.parametrize(
    ("if_none_match", "unchanged"),
    [
        (None, False),
        (TAG, True),
        (f"W/{TAG}", True),
        ("*", True),
        (f'"a", {TAG}', True),
        ('"a", "b"', False),
        ("x", False),
    ],
)
def test_what_the_client_holds_already_is_recognised(if_none_match: str | None, unchanged: bool) -> None:
    assert is_unchanged(if_none_match, TAG) is unchanged
