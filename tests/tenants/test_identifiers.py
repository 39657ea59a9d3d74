"""No digits that point at a person stay in a talk, and none are lost."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.identifiers import PLACEHOLDER, Cut, cut_identifiers, holds_identity_code, rejoin

CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def identity_code(birth: str, sign: str, number: int) -> str:
    """A henkilötunnus of nobody: individual numbers 900 to 999 are given to no person for good."""
    return f"{birth}{sign}{number}{CHECK[int(f'{birth}{number}') % 31]}"


codes = st.builds(
    identity_code,
    st.sampled_from(["010190", "131152", "281205", "290204", "311299"]),
    st.sampled_from("-YXWVUABCDEF"),
    st.integers(900, 999),
).filter(lambda code: code[:6] != "290204" or code[6] in "ABCDEF")
talks = st.text(alphabet="0123456789+-., :/()ABYXaklö\n[]tunise pod²①१٣\u200b\u2013", max_size=60) | st.text(
    max_size=40
)


@given(codes, st.sampled_from(["", "hetu ", "(", "x_", "ä "]), st.sampled_from(["", ".", " kiitos", ")", ",1"]))
def test_a_henkilotunnus_is_found_with_every_century_sign(code: str, before: str, after: str) -> None:
    assert holds_identity_code(before + code + after)
    assert holds_identity_code(before + code.lower() + after)
    assert holds_identity_code(before + code[:6] + " " + code[6] + " " + code[7:] + after)


def test_a_henkilotunnus_is_found_behind_typographic_signs_and_digits() -> None:
    code = identity_code("131152", "-", 901)
    assert holds_identity_code(code.replace("-", "\u2013"))
    assert holds_identity_code("".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in code))


@pytest.mark.parametrize("text", ["", "040 123 4567", "pbx1-000123", "321399-9010", "131152-901", "20131152-9018"])
def test_other_numbers_are_not_taken_for_a_henkilotunnus(text: str) -> None:
    assert not holds_identity_code(text)


@given(codes)
def test_a_wrong_check_character_is_not_a_henkilotunnus(code: str) -> None:
    assert not holds_identity_code(code[:-1] + CHECK[(CHECK.index(code[-1]) + 1) % 31])


@pytest.mark.parametrize(
    "identifier",
    [
        "040 123 4567",
        "+358 (40) 123-4567",
        "010190-901X",
        "010190A901X",
        "010190 A 901X",
        "2077474-0",
        "FI21 1234 5600 0007 85",
        "H-2024-00123",
        "K123/45",
        "1.2.1990",
        "1990",
        "14:30",
        "1 200,50",
        "0\u200b4\u200b0\u200b1",
        "①②③④",
        "1️⃣2️⃣3️⃣4️⃣",
    ],
)
def test_what_can_point_at_a_person_is_cut(identifier: str) -> None:
    text, cuts = cut_identifiers(f"Se on {identifier}, kiitos.")
    assert len(cuts) == 1
    assert PLACEHOLDER in text
    assert not re.search(r"\d", unicodedata.normalize("NFKC", text))
    assert rejoin(text, cuts) == f"Se on {identifier}, kiitos."


@pytest.mark.parametrize("text", ["", "Avoinna klo 8-16.", "Minulla on 3 lasta ja 12 kanaa.", "Soitan 112:een"])
def test_small_numbers_stay_readable(text: str) -> None:
    assert cut_identifiers(text) == (text, ())


@settings(max_examples=400)
@given(talks)
def test_cutting_loses_nothing_and_leaves_no_identifier(talk: str) -> None:
    text, cuts = cut_identifiers(talk)
    assert rejoin(text, cuts) == talk
    plain = "".join(unicodedata.normalize("NFKC", sign) for sign in text)
    assert not re.search(r"\d{4}", plain)
    for part in text.split(PLACEHOLDER):
        assert cut_identifiers(part) == (part, ())


def test_a_placeholder_that_the_talk_holds_already_is_not_taken_for_a_cut() -> None:
    talk = f"{PLACEHOLDER} 12345 {PLACEHOLDER}"
    text, cuts = cut_identifiers(talk)
    assert text == f"{PLACEHOLDER} {PLACEHOLDER} {PLACEHOLDER}"
    assert rejoin(text, cuts) == talk


@pytest.mark.parametrize("cuts", [(Cut(1, "1234"),), (Cut(0, "1234"), Cut(0, "5678"))])
def test_cuts_of_another_text_are_refused(cuts: tuple[Cut, ...]) -> None:
    with pytest.raises(ValueError, match="no identifier was cut"):
        rejoin(f"{PLACEHOLDER} kiitos", cuts)


def test_a_cut_does_not_print_its_identifier() -> None:
    assert repr(Cut(3, "0401234567")) == "Cut(at=3, …)"
