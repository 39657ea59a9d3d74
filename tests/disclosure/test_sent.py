"""A fetch is complete when every byte went at least once, in whatever order and however often it broke off."""

from hypothesis import given
from hypothesis import strategies as st

from vault.disclosure.sent import TIMES, Sent

SIZE = 40
RANGES = st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).map(sorted), max_size=30)


@given(RANGES)
def test_it_knows_exactly_which_bytes_went(ranges: list[list[int]]) -> None:
    sent, went = Sent(), set[int]()
    for start, stop in ranges:
        sent = sent.add(start, stop)
        went |= set(range(start, stop))
    assert {byte for start, stop in sent.ranges for byte in range(start, stop)} == went
    assert sent.is_whole(SIZE) is (went == set(range(SIZE)))
    assert sent.bytes == sum(stop - start for start, stop in ranges)


@given(RANGES)
def test_its_ranges_are_in_order_and_apart(ranges: list[list[int]]) -> None:
    sent = Sent()
    for start, stop in ranges:
        sent = sent.add(start, stop)
    edges = [edge for each in sent.ranges for edge in each]
    assert edges == sorted(set(edges))


def test_so_many_bytes_are_sent_and_no_more() -> None:
    sent = Sent()
    for _ in range(TIMES):
        assert not sent.is_spent(SIZE)
        sent = sent.add(0, SIZE)
    assert sent.is_spent(SIZE)
