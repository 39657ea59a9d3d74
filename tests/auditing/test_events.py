"""Every act of the log is declared once, with who does it and which details it has; nothing personal has a type."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vault
from infra.audit_events import DOCUMENT, written
from tenants.events.table import ACTS, ALL, Undeclared, check
from tenants.events.words import Also, By, Kind, is_of
from tenants.vocabulary import HoldReason

CODE = Path(vault.__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

GOOD: MappingProxyType[Kind, tuple[Any, ...]] = MappingProxyType(
    {
        Kind.ID: (str(UUID(int=7)),),
        Kind.IDS: ([], [str(UUID(int=7)), str(UUID(int=8))]),
        Kind.COUNT: (0, 999_999_999),
        Kind.BYTES: (0, 2**53 - 1),
        Kind.SLUG: ("legal_claim", "no-role", "statement.1", "a"),
        Kind.SLUGS: ([], ["content", "contact"]),
        Kind.DATE: ("2026-11-22",),
        Kind.MOMENT: ("2026-11-22T08:20:00+00:00",),
        Kind.FLAG: (True, False),
        Kind.DIGEST: ("0" * 64,),
        Kind.TALLY: ({}, {"legal_claim": 3}),
        Kind.KEY: ("content/20260501T0000Z", "hold/contract.0b1c", "identity/contract.2"),
        Kind.PUBLIC_KEY: ("age1" + "q" * 58,),
        Kind.FAULT: ("SealedInvalid",),
        Kind.FAULTS: ({}, {"AccessDenied": 1, "missing": 2}),
    }
)

NEVER: tuple[Any, ...] = (
    "Demo Person",
    "demo.person@customer.example",
    "+358501234567",
    "358501234567",
    358_501_234_567,
    "010101-123N",
    "the caller said that it hurts",
    "Åke",
    "",
    None,
    -1,
    1.5,
    ["Demo Person"],
    {"Demo Person": 1},
    {"demo": "Demo Person"},
    {"demo": {"demo": 1}},
)
"""What says something of a person, or has no end: of no type, whatever the detail is called."""


def test_each_act_is_declared_once_as_noun_and_past_verb_with_a_sentence() -> None:
    assert len(ACTS) == len(ALL)
    for each in ALL:
        assert NAME.fullmatch(each.name), each.name
        assert each.means.endswith("."), each.name
        assert each.by, each.name


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_a_detail_of_a_type_is_taken_and_nothing_personal_is(kind: Kind) -> None:
    for value in GOOD[kind]:
        assert is_of(kind, value), value
    for value in NEVER:
        # A size may be as long as a telephone number, and is one of a file.
        assert not is_of(kind, value) or (kind is Kind.BYTES and value == 358_501_234_567), value


def test_a_word_of_a_closed_list_is_taken_and_no_other() -> None:
    assert is_of(HoldReason, "legal_claim")
    assert not is_of(HoldReason, "curiosity")
    assert not is_of(HoldReason, 7)


@given(st.text(max_size=80))
def test_no_free_text_is_a_detail_unless_it_is_a_word(text: str) -> None:
    if any(is_of(kind, text) for kind in (Kind.SLUG, Kind.ID, Kind.DATE, Kind.MOMENT, Kind.FAULT)):
        assert text.isascii()
        assert " " not in text
        assert "@" not in text
        assert not re.fullmatch(r"\+?\d{6,}", text)


def tried(act: str = "access.opened", **changes: Any) -> None:
    event: dict[str, Any] = {
        "has_actor": True,
        "has_object": True,
        "purpose": "quality",
        "clause": None,
        "outcome": "done",
        "details": {"access": str(uuid4())},
    }
    check(act, **event | changes)


def test_an_event_as_it_was_declared_passes() -> None:
    tried()
    tried(purpose=None, details={"restricted_use": "legal_claims", "disclosure": None})
    tried(outcome="refused", clause="access", details={"rule": "no-role", "policy_version": 3})
    tried("audit.pruned", has_actor=False, has_object=False, purpose=None, clause="log", details={"events": 5})


@pytest.mark.parametrize(
    "changes",
    [
        {"act": "access.imagined"},
        {"has_actor": False},
        {"outcome": "perhaps"},
        {"purpose": "Because I want to"},
        {"clause": "access"},
        {"clause": "No clause at all", "outcome": "refused"},
        {"details": {"caller": str(UUID(int=7))}},
        {"details": {"access": "Demo Person"}},
        {"details": {"rule": "no-role"}},
        {"act": "hold.released", "purpose": None, "outcome": "refused", "details": {}},
        {"act": "hold.released", "details": {}},
        {"act": "recordings.searched", "purpose": None, "details": {}},
    ],
    ids=[
        "act", "actor", "outcome", "purpose", "clause-done", "clause-words", "detail", "type", "rule-done", "refused",
        "purpose-of-none", "object",
    ],
)  # fmt: skip
def test_an_event_that_is_not_as_it_was_declared_is_a_fault_of_the_code(changes: dict[str, Any]) -> None:
    with pytest.raises(Undeclared) as refused:
        tried(**changes)
    assert "Demo" not in str(refused.value)


def test_every_act_in_the_code_is_declared_and_every_declared_act_is_in_the_code() -> None:
    in_code = {word for file in CODE.rglob("*.py") for word in _words(ast.parse(file.read_text()))}
    assert not ACTS.keys() - in_code, "declared, and done by nobody"
    named = {act for file in CODE.rglob("*.py") for act in _acts(ast.parse(file.read_text()))}
    assert not named - ACTS.keys(), "done, and not declared: a line in tenants/events is missing"


def _words(tree: ast.AST) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _acts(tree: ast.AST) -> Iterator[str]:
    """The acts that events of a module are made with: said in place, or by a name or a mapping of the module's own."""
    constants = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Event"):
            for keyword in node.keywords:
                if keyword.arg == "act":
                    yield from _said(keyword.value, constants)


def _said(value: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(value, ast.Subscript):
        value = value.value
    if isinstance(value, ast.Name):
        value = constants.get(value.id, value)
    yield from (word for word in _words(value) if NAME.fullmatch(word))


def test_the_documentation_is_the_table() -> None:
    assert DOCUMENT.read_text() == written(DOCUMENT.read_text()), "run: python -m infra.audit_events"


def test_whoever_is_nobody_or_the_vault_has_no_id_and_all_others_have() -> None:
    for each in ALL:
        by_somebody, by_nobody = each.by & (By.PERSON | By.MACHINE), each.by & (By.WORKER | By.NOBODY)
        details: dict[str, Any] = {
            "has_object": False,
            "purpose": None,
            "clause": None,
            "outcome": "done",
            "details": {},
        }
        for has_actor, allowed in ((True, by_somebody), (False, by_nobody)):
            if allowed:
                check(each.name, has_actor=has_actor, **details)
            else:
                with pytest.raises(Undeclared):
                    check(each.name, has_actor=has_actor, **details)


def test_a_refusal_tells_its_rule_where_it_is_declared_and_nowhere_else() -> None:
    now = datetime.now(UTC)
    for each in ALL:
        event: dict[str, Any] = {"has_object": False, "purpose": None, "clause": "access", "outcome": "refused"}
        details = {"rule": "no-role", "policy_version": now.month}
        has_actor = bool(each.by & (By.PERSON | By.MACHINE))
        if Also.REFUSED in each.also:
            check(each.name, has_actor=has_actor, details=details, **event)
        else:
            with pytest.raises(Undeclared):
                check(each.name, has_actor=has_actor, details=details, **event)
