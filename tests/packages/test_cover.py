"""On top of every package lies a page that tells what it is, in the controller's language, with its mark."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pypdf
import pytest

from tenants.reading import read_policy
from tenants.recordings import ContactField, Kind
from tenants.vocabulary import DisclosureKind
from tests.packages.given import fields, gathered
from tests.world import POLICIES
from vault.disclosure.model import Limits
from vault.packages.cover import Cover, Listed, cover, pdf
from vault.packages.given import Making
from vault.packages.marks import new_mark
from vault.packages.members import Basis, Controller, Recipient, Scope
from vault.packages.pseudonyms import Pseudonyms
from vault.packages.words import _WORDS, words
from vault.printing import LANGUAGES, spoken

POLICY = read_policy((POLICIES / "prh.toml").read_text(), source="prh.toml")
AT = datetime(2026, 11, 3, 7, 5, 41, tzinfo=UTC)


def a_cover(kind: DisclosureKind = DisclosureKind.RESEARCH, **changes: Any) -> Cover:
    making = Making(
        package=uuid4(),
        disclosure=uuid4(),
        mark=new_mark(),
        kind=kind,
        controller=Controller(id=uuid4(), slug="prh", name=POLICY.controller.name),
        basis=Basis(policy_version=1, law="Laki & asetus <4 §>"),
        made_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    listed = Listed(id=uuid4(), kind=Kind.CALL, limits=Limits(), started_at=AT, duration_ms=61_000)
    told = Cover(
        making=making,
        policy=POLICY,
        recipient=Recipient(name="An Institute", sealing="age", key="age1" + "q" * 58),
        scope=Scope(sha256="ab" * 32, recordings=3, duration_ms=720_001, restricted=2, destroyed=1),
        recordings=[listed],
        clause=POLICY.cite("disclosure_research"),
        certificates=[uuid4()],
        duty_until=date(2027, 1, 31),
    )
    return replace(told, **changes)


def read(told: Cover, language: str = "en") -> tuple[str, pypdf.PdfReader]:
    """What a person reads, without line breaks, and the document."""
    document = pypdf.PdfReader(io.BytesIO(pdf(told, language=language)))
    return " ".join(" ".join(page.extract_text() for page in document.pages).split()), document


def test_a_cover_tells_who_gives_what_to_whom_and_what_is_owed_for_it() -> None:
    told = a_cover()
    text, _ = read(told)
    for said in (
        "Disclosure of recordings",
        POLICY.controller.name,
        "An Institute",
        "For research, temporarily",
        "Laki & asetus <4 §>",
        str(told.making.disclosure),
        str(told.recordings[0].id)[:13],
        "3 November 2026 9:05",
        "2 min",
        "Recordings: 3. Length together: 13 minutes.",
        "Return or destroy every copy by 31 January 2027",
        "Restricted (Art. 18) 2",
        str(told.certificates[0]),
    ):
        assert said in text, said
    quoted = " ".join(POLICY.clauses["disclosure_research"].text.split())
    assert quoted in text


def test_the_mark_is_on_each_page_and_in_the_file() -> None:
    told = a_cover(recordings=[replace(a_cover().recordings[0], id=uuid4()) for _ in range(90)])
    document = read(told)[1]
    assert len(document.pages) > 2
    for number, page in enumerate(document.pages, 1):
        on_page = page.extract_text()
        assert told.making.mark in on_page
        assert f"Page {number} of {len(document.pages)}" in on_page
    assert told.making.mark.encode() in pdf(told, language="en")


@pytest.mark.parametrize(("language", "title"), [("fi", "Tallenteiden luovutus"), ("sv", "Utlämnande av inspelningar")])
async def test_a_cover_is_in_the_controllers_language(language: str, title: str) -> None:
    told = a_cover()
    text, document = read(told, language)
    assert title in text
    assert str(document.root_object["/Lang"]) == language
    member = cover(told, language=language)
    assert (member.name, (await gathered(member.chunks))[:4]) == ("cover.pdf", b"%PDF")


@pytest.mark.parametrize("kind", list(DisclosureKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_words_in_every_language(kind: DisclosureKind, language: str) -> None:
    said = words(language)
    assert said[f"disclosure.{kind.value}"]
    assert all(said[f"kind.{kind.value}"] for kind in Kind)


def test_every_language_has_the_same_words_with_the_same_places() -> None:
    for name, row in _WORDS.items():
        places = [{part.partition("}")[0] for part in text.split("{")[1:]} for text in row]
        assert places[0] == places[1] == places[2], name
        assert all(row), name


def test_limits_are_told_and_what_they_withhold_is_not() -> None:
    limits = Limits(excerpts=((0, 61_500), (120_000, 180_000)), contact_fields=(ContactField.CALLER_NUMBER,))
    listed = replace(a_cover().recordings[0], limits=limits)
    text, _ = read(a_cover(recordings=[listed]))
    assert "0:00-1:01.500, 2:00-3:00" in text.replace("\N{EN DASH}", "-").replace("- ", "-")
    assert "caller_number" in text
    assert "3 November 2026 9:05" not in text
    bare = replace(listed, limits=Limits(content=False, contact_fields=()))
    text, _ = read(a_cover(recordings=[bare, replace(listed, limits=fields(ContactField.START))]))
    assert "no content; no contact record" in text


def test_a_data_subject_is_told_that_it_is_a_copy_of_their_own() -> None:
    text, _ = read(a_cover(DisclosureKind.SUBJECT_ACCESS, duty_until=None, report=True, case_number="T-1"))
    assert "a copy of the data that are processed about you" in text
    assert "access-report.pdf" in text
    assert "The recipient answers" not in text


def test_secrecy_and_pseudonyms_are_told() -> None:
    told = a_cover(DisclosureKind.AUTHORITY, secret_until=datetime(2027, 3, 1, 22, 30, tzinfo=UTC))
    told = replace(told, making=replace(told.making, pseudonyms=Pseudonyms()))
    text, _ = read(told)
    assert "not told of this disclosure before 2 March 2027" in text
    assert "Nobody has the key to the pseudonyms." in text


def test_the_first_language_that_there_are_words_for_is_spoken() -> None:
    assert spoken(("et", "sv", "fi")) == "sv"
    assert spoken(("et",)) == "en"
