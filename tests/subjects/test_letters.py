"""A letter says the same in every language, quotes the notice in its own words, and names nobody."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from tenants.policy import Policy
from tenants.reading import read_policy
from tenants.subject_rules import GROUNDS, Asker, Channel, RefusalGround, RequestState
from tenants.vocabulary import DisclosureKind, Right
from tests.world import POLICIES
from vault.printing import LANGUAGES
from vault.subjects.letters.words import LETTERS
from vault.subjects.letters.writing import Letter
from vault.subjects.model import ActKind, Answer, LetterKind, SubjectRequest

REQUEST = SubjectRequest(
    tenant=UUID(int=1),
    id=UUID(int=2),
    invoked=Right.ERASURE,
    asker=Asker.DATA_SUBJECT,
    state=RequestState.REFUSED,
    channel=Channel.LETTER,
    language="fi",
    policy_version=1,
    received_on=date(2026, 11, 2),
    due_on=date(2026, 12, 2),
    recorded_by=UUID(int=3),
    recorded_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy((POLICIES / "valtiokonttori.toml").read_text(), source="valtiokonttori.toml")


def written(policy: Policy, told: Answer, **changes: Any) -> str:
    request = replace(REQUEST, **changes)
    whose: Any = SimpleNamespace(policy=policy)
    clause = policy.cite(told.clause) if told.clause else None
    content = Letter(whose, request, told, clause, date(2026, 11, 20)).pdf()
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_every_language_has_the_same_words() -> None:
    assert set(LETTERS) == set(LANGUAGES)
    said: Mapping[str, object] = LETTERS["en"]
    for words in LETTERS.values():
        assert words.keys() == said.keys()
    for ground in RefusalGround:
        assert f"ground.{ground}" in said
    for right in Right:
        assert f"right.{right}" in said
    for act in ActKind:
        assert f"acts.{act}" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_names_ground_clause_and_remedies(policy: Policy, language: str) -> None:
    for ground, articles in GROUNDS.items():
        right, article = next(iter(articles.items()))
        told = Answer(
            kind=LetterKind.REFUSAL,
            reason="Because of <this> & that.",
            article=article,
            clause="rights_refused" if ground is RefusalGround.NOT_GRANTED else None,
            policy_version=1,
        )
        words = written(policy, told, language=language, ground=ground, invoked=right)
        assert "Because of <this> & that." in words
        assert article.removeprefix("GDPR Art. ") in words
        assert "tietosuoja.fi" in words
        assert ("Käsittely perustuu lakisääteiseen tehtävään" in words) is (told.clause is not None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_tells_what_was_done(policy: Policy, language: str) -> None:
    for kind in (DisclosureKind.SUBJECT_ACCESS, DisclosureKind.AGENT_ACCESS, DisclosureKind.ON_SITE_REVIEW):
        told = Answer(kind=LetterKind.ANSWER, given=kind, acts={act.value: 1234 for act in ActKind})
        words = written(policy, told, language=language)
        assert words.count("1 234") == len(ActKind)
        assert LETTERS[language][f"given.{kind}"][:40] in words
    nothing = written(policy, Answer(kind=LetterKind.ANSWER, nothing_found=True), language=language)
    assert LETTERS[language]["nothing_found"][:40] in nothing


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_extension_tells_until_when_and_why(policy: Policy, language: str) -> None:
    told = Answer(kind=LetterKind.EXTENSION, reason="There are many.\n\nWe listen to each.")
    words = written(policy, told, language=language, due_on=date(2027, 2, 2))
    assert ("2.2.2027" if language != "en" else "2 February 2027") in words
    assert "We listen to each." in words
