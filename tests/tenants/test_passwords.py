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


@given(st.text(st.characters(categories=["Ll", "Nd", "Zs"]), min_size=LEAST, max_size=30), st.text(max_size=3))
def test_a_password_is_too_short_too_uniform_or_good_where_nothing_is_known(password: str, about: str) -> None:
    plain = normalised(password)
    good = LEAST <= len(plain) <= MOST and len(set(plain.casefold())) >= LEAST_DIFFERENT
    assert (weakness(password, (about,)) is None) == good
