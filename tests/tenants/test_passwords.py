"""A password is long, varied, and nothing that is known of its owner."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.passwords import LEAST, LEAST_DIFFERENT, MOST, normalised, weakness


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short", "characters"),
        ("x" * (MOST + 1), "characters"),
        ("ababababababab", "different"),
        ("my Maija password", "name"),
        ("anna.virtanen 2026", "name"),
        ("prh-vault-2026!", None),
        ("kaiku24 is where I work", "name"),
    ],
)
def test_what_is_wrong_with_a_password_is_said(password: str, word: str | None) -> None:
    said = weakness(password, ("anna.virtanen@demo.example", "Maija Demo", "kaiku24", "prh"))
    assert (said is None) if word is None else (said is not None and word in said)


def test_one_password_is_one_however_its_letters_are_composed() -> None:
    assert normalised("pa\u0308ssword") == normalised("p\u00e4ssword")


@given(
    st.text(min_size=LEAST, max_size=40).filter(lambda text: len(set(normalised(text).casefold())) >= LEAST_DIFFERENT)
)
def test_what_is_long_and_varied_is_good_where_nothing_is_known(password: str) -> None:
    assert weakness(password, ()) is None or len(normalised(password)) < LEAST
