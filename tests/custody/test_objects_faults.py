"""A store that fails, stalls or lies is told apart from one that answers, and never waited for without end."""

import asyncio
import contextlib
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from vault.custody.objects import (
    BucketNotEmpty,
    NotDeleted,
    ObjectBrokenOff,
    ObjectError,
    ObjectMissing,
    Objects,
    ObjectsNotDeleted,
    ObjectsRefused,
    ObjectsUnavailable,
    ObjectTruncated,
)

BUCKET, KEY = "vault-faulty", f"{uuid4()}/content"
STORED = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-amz-version-id: v1\r\nETag: "e"\r\n\r\n'
FAILING = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Store:
    """Answers each request with the next of the prepared bytes and hangs up; without one it keeps silent."""

    def __init__(self, answers: list[bytes], reads_bodies: bool) -> None:
        self._answers = answers
        self._reads_bodies = reads_bodies
        self._given_up = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self.requests: list[str] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head.split("\r\n")[0])
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            if self._reads_bodies and length:
                await reader.readexactly(int(length[1]))
            if not self._answers:
                await self._given_up.wait()
            else:
                writer.write(self._answers.pop(0))
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def stop(self) -> None:
        self._given_up.set()
        await asyncio.gather(*self._open)


@asynccontextmanager
async def store_that(*answers: bytes, reads_bodies: bool = True) -> AsyncIterator[tuple[Store, Objects]]:
    store = Store(list(answers), reads_bodies)
    server = await asyncio.start_server(store.accept, "127.0.0.1", 0, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    try:
        async with Objects.open(f"http://127.0.0.1:{port}", "access", "secret", patience=0.5) as objects:
            yield store, objects
    finally:
        server.close()
        await store.stop()


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def read(objects: Objects, *limits: int) -> bytes:
    return b"".join([piece async for piece in objects.get(BUCKET, KEY, "v1", *limits)])


@pytest.mark.parametrize(
    "call",
    [
        lambda objects: objects.put(BUCKET, KEY, 1, b"x"),
        lambda objects: objects.put(BUCKET, KEY, 1, stream(b"x")),
        lambda objects: objects.get_all(BUCKET, KEY, "v1"),
        read,
        lambda objects: objects.head(BUCKET, KEY),
        lambda objects: objects.bucket_exists(BUCKET),
        lambda objects: objects.create_bucket(BUCKET, "eu-north-1"),
        lambda objects: objects.delete_versions(BUCKET, [(KEY, "v1")]),
    ],
)
async def test_a_store_that_is_down_is_unavailable_at_once(call: Callable[[Objects], Awaitable[Any]]) -> None:
    # Port 9 (discard) of the loopback has no listener.
    async with Objects.open("http://127.0.0.1:9", "access", "secret") as objects:
        async with asyncio.timeout(10):
            with pytest.raises(ObjectsUnavailable) as unavailable:
                await call(objects)
    assert unavailable.value.retryable


async def test_bytes_are_sent_again_when_the_store_is_briefly_away() -> None:
    async with store_that(b"", FAILING, STORED) as (store, objects):
        assert (await objects.put(BUCKET, KEY, 4, b"seal")).version_id == "v1"
        assert len(store.requests) == 3


async def test_a_stream_is_never_sent_twice() -> None:
    async with store_that(FAILING, STORED) as (store, objects):
        with pytest.raises(ObjectsUnavailable):
            await objects.put(BUCKET, KEY, 4, stream(b"se", b"", b"al"))
        assert len(store.requests) == 1


async def test_reading_starts_again_only_before_the_first_byte() -> None:
    broken = answer("200 OK", b"sealed")[:-3]
    async with store_that(FAILING, broken, answer("200 OK", b"sealed")) as (_, objects):
        with pytest.raises(ObjectBrokenOff):
            await read(objects)
        assert await read(objects) == b"sealed"


async def test_a_small_object_that_broke_off_is_read_again() -> None:
    async with store_that(answer("200 OK", b"sealed")[:-3], answer("200 OK", b"sealed")) as (_, objects):
        assert await objects.get_all(BUCKET, KEY, "v1") == b"sealed"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer("307 Temporary Redirect", b"", "Location: http://127.0.0.1:9/elsewhere"), ObjectsRefused),
        (answer("400 Bad Request"), ObjectsRefused),
        (answer("403 Forbidden"), ObjectsRefused),
        (answer("404 Not Found"), ObjectMissing),
        (answer("405 Method Not Allowed"), ObjectMissing),
        (answer("416 Range Not Satisfiable"), ObjectTruncated),
        (answer("200 OK", b"sealed"), ObjectsRefused),
        (answer("206 Partial Content", b"eal"), ObjectTruncated),
        (answer("206 Partial Content", b"seale"), ObjectTruncated),
    ],
)
async def test_each_wrong_answer_to_a_ranged_read_has_its_error(said: bytes, error: type[ObjectError]) -> None:
    async with store_that(said) as (store, objects):
        with pytest.raises(error) as raised:
            await read(objects, 1, 5)
        assert not raised.value.retryable
        assert len(store.requests) == 1


async def test_a_store_that_stops_taking_bytes_is_given_up() -> None:
    async with store_that(reads_bodies=False) as (_, objects):
        async with asyncio.timeout(20):
            with pytest.raises(ObjectsUnavailable, match="took nothing"):
                await objects.put(BUCKET, KEY, 100 << 20, stream(*[bytes(1 << 20)] * 100))


async def test_a_store_that_takes_everything_and_says_nothing_is_given_up() -> None:
    async with store_that() as (_, objects), asyncio.timeout(20):
        with pytest.raises(ObjectsUnavailable):
            await objects.put(BUCKET, KEY, 6, stream(b"sealed"))


async def test_a_slow_source_is_waited_for() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"sea"
        await asyncio.sleep(0.8)
        yield b"led"

    async with store_that(STORED) as (_, objects):
        assert (await objects.put(BUCKET, KEY, 6, slow())).version_id == "v1"


async def test_a_store_that_refuses_before_the_last_byte_is_heard() -> None:
    async with store_that(answer("403 Forbidden"), reads_bodies=False) as (_, objects):
        with pytest.raises((ObjectsRefused, ObjectsUnavailable)):
            await objects.put(BUCKET, KEY, 20 << 20, stream(*[bytes(1 << 20)] * 20))


@pytest.mark.parametrize("said", [b"", answer("404 Not Found"), b"nonsense"])
async def test_no_signature_stands_in_an_error(said: bytes) -> None:
    async with store_that(said, said, said) as (store, objects):
        with pytest.raises(ObjectError) as raised:
            await objects.get_all(BUCKET, KEY, "v1")
    assert all("X-Amz-Signature=" in request for request in store.requests)
    assert "Signature" not in "".join(traceback.format_exception(raised.value))


def xml(body: str) -> bytes:
    return answer("200 OK", f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), "Content-Type: application/xml")


async def test_a_version_of_which_the_store_says_nothing_is_not_deleted() -> None:
    done = f"<DeleteResult><Deleted><Key>{KEY}</Key><VersionId>v1</VersionId></Deleted></DeleteResult>"
    async with store_that(xml(done)) as (_, objects):
        with pytest.raises(ObjectsNotDeleted) as kept:
            await objects.delete_versions(BUCKET, [(KEY, "v1"), (KEY, "v2")])
    assert kept.value.failures == (NotDeleted(KEY, "v2", "Unanswered"),)


async def test_a_version_that_was_gone_already_is_deleted() -> None:
    gone = f"<Error><Key>{KEY}</Key><VersionId>v1</VersionId><Code>NoSuchVersion</Code></Error>"
    async with store_that(xml(f"<DeleteResult>{gone}</DeleteResult>")) as (_, objects):
        assert await objects.delete_versions(BUCKET, [(KEY, "v1")]) == 1


async def test_a_store_that_lists_what_it_said_it_deleted_is_found_out() -> None:
    uploads = "<ListMultipartUploadsResult></ListMultipartUploadsResult>"
    listed = f"<ListVersionsResult><Version><Key>{KEY}</Key><VersionId>v1</VersionId></Version></ListVersionsResult>"
    done = f"<DeleteResult><Deleted><Key>{KEY}</Key><VersionId>v1</VersionId></Deleted></DeleteResult>"
    async with store_that(xml(""), xml(uploads), xml(listed), xml(done), xml(listed)) as (_, objects):
        with pytest.raises(ObjectsNotDeleted) as kept:
            _ = [step async for step in objects.empty_bucket(BUCKET)]
    assert kept.value.failures == (NotDeleted(KEY, "v1", "StillListed"),)


@pytest.mark.parametrize("code", ["NoSuchUpload", "AccessDenied"])
async def test_only_an_upload_that_ended_meanwhile_is_passed_over(code: str) -> None:
    upload = f"<Upload><Key>{KEY}</Key><UploadId>u1</UploadId></Upload>"
    uploads = f"<ListMultipartUploadsResult>{upload}</ListMultipartUploadsResult>"
    refused = answer("404 Not Found", f"<Error><Code>{code}</Code></Error>".encode())
    nothing = xml("<ListMultipartUploadsResult></ListMultipartUploadsResult>"), xml("<ListVersionsResult/>")
    async with store_that(xml(""), xml(uploads), refused, *nothing) as (_, objects):
        if code == "NoSuchUpload":
            assert [step.uploads async for step in objects.empty_bucket(BUCKET)] == [1]
        else:
            with pytest.raises(ObjectsRefused):
                _ = [step async for step in objects.empty_bucket(BUCKET)]


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("SlowDown", "503 Slow Down", ObjectsUnavailable),
        ("RequestTimeout", "400 Bad Request", ObjectsUnavailable),
        ("BucketNotEmpty", "409 Conflict", BucketNotEmpty),
        ("AccessDenied", "403 Forbidden", ObjectsRefused),
        ("NoSuchBucket", "404 Not Found", ObjectMissing),
    ],
)
async def test_each_answer_of_the_control_plane_has_its_error(code: str, status: str, error: type[ObjectError]) -> None:
    said = answer(status, f"<Error><Code>{code}</Code></Error>".encode())
    async with store_that(*[said] * 3) as (_, objects):
        with pytest.raises(error):
            _ = [version async for version in objects.versions(BUCKET)]


@pytest.mark.parametrize("code", ["AccessDenied", "BucketAlreadyExists"])
async def test_a_bucket_of_somebody_else_is_not_taken_for_ours(code: str) -> None:
    taken = answer("409 Conflict", f"<Error><Code>{code}</Code></Error>".encode())
    async with store_that(taken, answer("403 Forbidden")) as (_, objects):
        with pytest.raises(ObjectsRefused):
            await objects.create_bucket(BUCKET, "eu-north-1")


@pytest.mark.parametrize(("code", "fails"), [("NotImplemented", False), ("AccessDenied", True)])
async def test_public_access_is_blocked_wherever_the_store_knows_how(code: str, fails: bool) -> None:
    said = answer(
        "501 Not Implemented" if not fails else "403 Forbidden", f"<Error><Code>{code}</Code></Error>".encode()
    )
    async with store_that(answer("200 OK"), answer("200 OK"), *[said] * 3) as (store, objects):
        if fails:
            with pytest.raises(ObjectsRefused):
                await objects.create_bucket(BUCKET, "eu-north-1")
        else:
            await objects.create_bucket(BUCKET, "eu-north-1")
        assert "publicAccessBlock" in store.requests[-1]


async def test_nonsense_from_the_store_is_unavailability() -> None:
    async with store_that(*[answer("200 OK", b"<unfinished")] * 3) as (_, objects):
        with pytest.raises(ObjectsUnavailable):
            _ = [version async for version in objects.versions(BUCKET)]
