"""How long is left is said in the largest unit that says it."""

from datetime import UTC, datetime, timedelta

import pytest

from vault.console.disclosures.clocks import left
from vault.console.language import LANGUAGE

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=29, hours=5), "29 days left"),
        (timedelta(hours=47), "47 hours left"),
        (timedelta(hours=1), "1 hour left"),
        (timedelta(minutes=59), "59 minutes left"),
        (timedelta(0), "Overdue by 0 minutes"),
        (timedelta(hours=-1), "Overdue by 1 hour"),
        (timedelta(days=-3), "Overdue by 3 days"),
    ],
)
def test_a_clock_is_told_in_words(span: timedelta, said: str) -> None:
    assert left(NOW + span, NOW) == said


def test_a_clock_is_told_in_the_readers_language() -> None:
    before = LANGUAGE.set("fi")
    try:
        assert left(NOW + timedelta(days=2), NOW) == "2 päivää jäljellä"
    finally:
        LANGUAGE.reset(before)
