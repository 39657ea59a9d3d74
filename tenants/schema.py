"""The policy language, told to editors as JSON Schema."""

import json
from pathlib import Path

import msgspec

from tenants.policy import Policy

FILE = Path(__file__).with_name("policy.schema.json")


def policy_schema() -> dict[str, object]:
    """Describe the policy language in JSON Schema 2020-12; names that refer to each other are not checked by it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A controller's policy",
        **msgspec.json.schema(Policy),
    }


def policy_schema_text() -> str:
    """Give the text of the committed file."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


def write(path: Path = FILE) -> None:
    """Write the committed file anew, after the language has changed."""
    path.write_text(policy_schema_text(), encoding="utf-8")
