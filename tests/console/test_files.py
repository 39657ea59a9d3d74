"""A file that a form brings is taken in memory, for as far as it may go."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest
from litestar import Request, post
from litestar.testing import create_test_client

from vault.console.files import FIELDS_MOST, TEXT_MOST, FormRequest, largest, read_form
from vault.console.routes import router
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


def raw(content_type: str, pieces: Iterator[bytes]) -> Any:
    with create_test_client([take]) as client:
        return client.post("/", content=pieces, headers={"content-type": content_type}).json()


@pytest.mark.parametrize(
    ("content_type", "piece"),
    [
        ("application/x-www-form-urlencoded", b"words=" + b"x" * 1000 + b"&"),
        ("multipart/form-data; boundary=b", b"before any boundary\r\n" * 50),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n',
        ),
    ],
    ids=["plain", "before a field", "files"],
)
def test_no_body_is_read_beyond_what_a_form_may_have(content_type: str, piece: bytes) -> None:
    assert raw(content_type, repeat(piece, 1000)) == {"refused": True}


def test_a_length_that_is_announced_is_believed() -> None:
    with create_test_client([take]) as client:
        body = b"words=" + b"x" * largest(0)
        answer = client.post("/", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.json() == {"refused": True}


def test_the_routes_own_limit_is_told_as_any_other() -> None:
    @post("/", request_max_body_size=10)
    async def take_little(request: Request[Any, Any, Any]) -> dict[str, Any]:
        with pytest.raises(TooLarge):
            await read_form(request, most=10)
        return {"refused": True}

    with create_test_client([take_little]) as client:
        assert client.post("/", data={"words": "more than ten bytes"}).json() == {"refused": True}


def test_what_is_no_form_is_not_read() -> None:
    assert raw("application/json", iter([b"{}" * 1000])) == {"fields": {}, "files": {}}


def test_no_page_puts_a_file_on_the_disk() -> None:
    @post("/", request_class=FormRequest, request_max_body_size=3_000_000)
    async def hold(request: FormRequest) -> list[Any]:
        form = await request.form()
        return [form["words"], form["file"].rolled_to_disk, len(await form["file"].read())]

    with create_test_client([hold]) as client:
        answer = client.post("/", data={"words": " as typed "}, files={"file": ("order.txt", b"x" * 2_000_000)})
    assert answer.json() == [" as typed ", False, 2_000_000]
    assert router.request_class is FormRequest


def test_a_form_has_one_file_and_not_too_many_fields() -> None:
    with create_test_client([take]) as client:
        two = [("file", ("one.txt", b"one", "text/plain")), ("more", ("two.txt", b"two", "text/plain"))]
        assert client.post("/", files=two).json() == {"refused": True}
        many = {f"field{number}": "x" for number in range(FIELDS_MOST + 1)}
        assert client.post("/", data=many).status_code == 400
