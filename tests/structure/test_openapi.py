"""What is published of the API is what runs."""

import json
from typing import Any

from vault.api.app import DESCRIPTION
from vault.api.openapi import description

METHODS = {"get", "post", "patch", "delete", "head", "put", "options"}


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = json.loads(DESCRIPTION.read_text())["paths"]
    return [(path, method, item[method]) for path, item in paths.items() for method in METHODS & item.keys()]


def test_the_committed_description_is_current() -> None:
    assert DESCRIPTION.read_text() == description(), "run `make openapi`"


def test_it_is_openapi_3_1() -> None:
    assert json.loads(DESCRIPTION.read_text())["openapi"].startswith("3.1")


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for _, _, operation in _operations()]
    assert len(names) == len(set(names))
    assert not [name for _, _, operation in _operations() if not (name := operation.get("description"))]
