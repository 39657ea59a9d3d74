"""A file that a form brings is taken in memory, for as far as it may go."""

from typing import Any

import pytest
from litestar import Request, post
from litestar.testing import create_test_client

from vault.console.files import TEXT_MOST, read_form
from vault.errors import TooLarge


@post("/", request_max_body_size=None)
async def take(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What came of a form."""
    try:
        form = await read_form(request, most=10)
    except TooLarge:
        return {"refused": True}
    files = {name: [each.media_type, each.content.decode()] for name, each in form.files.items()}
    return {"fields": form.fields, "files": files}


def sent(fields: dict[str, str], **files: tuple[str, bytes, str]) -> Any:
    with create_test_client([take]) as client:
        return client.post("/", data=fields, files=files or None).json()


def test_fields_and_files_are_told_apart_and_what_is_empty_is_left_out() -> None:
    read = sent({"purpose": " order ", "more": ""}, file=("an order.txt", b"Words.", "text/plain; charset=utf-8"))
    assert read == {"fields": {"purpose": "order"}, "files": {"file": ["text/plain", "Words."]}}


def test_a_form_without_a_file_is_read_too() -> None:
    assert sent({"purpose": "order", "more": " "}) == {"fields": {"purpose": "order"}, "files": {}}


@pytest.mark.parametrize(
    ("fields", "file"), [({}, b"x" * 11), ({"words": "x" * (TEXT_MOST + 1)}, b"x")], ids=["a file", "the fields"]
)
def test_what_is_too_large_is_refused(fields: dict[str, str], file: bytes) -> None:
    assert sent(fields, file=("order.txt", file, "text/plain")) == {"refused": True}
