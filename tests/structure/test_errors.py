"""Every error has a slug of its own, and nothing that goes wrong tells more than it must."""

import io
import re

import pytest
import structlog

from vault import errors, logs
from vault.errors import VaultError


def _all(error: type[VaultError]) -> list[type[VaultError]]:
    return [error, *(below for child in error.__subclasses__() for below in _all(child))]


OURS = [error for error in _all(VaultError) if error.__module__ == errors.__name__]


def test_no_two_errors_share_a_slug() -> None:
    slugs = [error.slug for error in OURS]
    assert len(slugs) == len(set(slugs))


@pytest.mark.parametrize("error", [error for error in OURS if error is not VaultError], ids=lambda error: error.slug)
def test_each_error_is_drawn_in_the_tree_with_its_status(error: type[VaultError]) -> None:
    drawing = errors.__doc__ or ""
    assert re.search(rf"── {error.__name__} +{error.status} +{error.slug}\b", drawing)


def test_a_logged_fault_shows_no_local_variables() -> None:
    said = io.StringIO()
    logs.configure(stream=said)
    secret = "a-secret-in-a-local-variable"
    try:
        raise RuntimeError("something broke")
    except RuntimeError:
        structlog.get_logger().exception("request.failed")
    logs.configure()
    assert "something broke" in said.getvalue()
    assert secret not in said.getvalue()
