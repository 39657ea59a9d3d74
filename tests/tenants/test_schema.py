"""Editors are told the same language that the vault reads."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tenants.schema import FILE, policy_schema, write

SLUGS = ("kaiku24", "prh", "tilastokeskus", "valtiokonttori", "vertaislaina")


def document(text: str) -> object:
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_the_committed_schema_is_the_language_of_today(tmp_path: Path) -> None:
    write(tmp_path / "today.json")
    assert FILE.read_bytes() == (tmp_path / "today.json").read_bytes()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_policy_fits_the_schema_and_points_at_it(policy_texts: Mapping[str, str], slug: str) -> None:
    Draft202012Validator.check_schema(policy_schema())
    Draft202012Validator(policy_schema()).validate(document(policy_texts[slug]))
    assert policy_texts[slug].startswith("#:schema ./policy.schema.json\n")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("effective_from", "efective_from"),
        ("[recorded.kinds.chatbot", "[recorded.kinds.fax"),
        ('"caller_number"', '"caller"'),
        ("[access.roles.trainer]", "[access.roles.friend]"),
    ],
)
def test_an_editor_marks_what_the_vault_would_refuse(policy_texts: Mapping[str, str], right: str, wrong: str) -> None:
    broken = document(policy_texts["prh"].replace(right, wrong))
    assert not Draft202012Validator(policy_schema()).is_valid(broken)
