"""Content goes in and out by presigned URL: streamed, in constant memory, at a fraction of boto3's cost."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import NamedTuple, TypeVar

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from vault.custody.objects.body import Body, Piece, slices
from vault.custody.objects.errors import (
    BucketNotVersioned,
    ObjectBrokenOff,
    ObjectError,
    ObjectMissing,
    ObjectsRefused,
    ObjectsUnavailable,
    ObjectTruncated,
)
from vault.custody.objects.signing import Signer

T = TypeVar("T")

RETRY_AFTER_SECONDS = (0.05, 0.25)
OVERLOADED_OR_BROKEN = {429, 500, 502, 503, 504}


class ObjectVersion(NamedTuple):
    """What was stored: the name under which exactly these bytes can be read and destroyed."""

    key: str
    version_id: str
    etag: str


class ObjectHead(NamedTuple):
    """What the store says of an object; `size` in bytes."""

    size: int
    version_id: str
    etag: str


class Transfers:
    """The data plane: whole objects in, ranges of them out."""

    _session: ClientSession
    _signer: Signer
    _patience: float

    async def put(self, bucket: str, key: str, size: int, body: AsyncIterable[Piece] | bytes) -> ObjectVersion:
        """Store an object of exactly `size` bytes as a new version.

        A `memoryview` is copied before the next piece is asked for, so its buffer may be used again. Bytes are
        sent again when the store is briefly away; a stream cannot be. After `ObjectsUnavailable` the store may
        hold a version that nobody was told of: `versions` finds it.

        Raises:
            ObjectSizeMismatch: the body is longer or shorter; nothing is stored.
            ObjectMissing: no such bucket.
            BucketNotVersioned: the bucket is not one that `create_bucket` made.
            ObjectsUnavailable: no answer, or no progress while the patience lasts.
            Exception: whatever the body raises, unchanged; nothing is stored.
        """
        if isinstance(body, bytes):
            content = body
            return await _retried(lambda: self._put(bucket, key, size, slices(content)))
        return await self._put(bucket, key, size, body)

    async def _put(self, bucket: str, key: str, size: int, pieces: AsyncIterable[Piece]) -> ObjectVersion:
        body = Body(pieces, size, self._patience)
        url = self._signer.url("PUT", bucket, key)
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        try:
            async with body.watched(), await self._send("PUT", url, headers, body.pieces()) as answer:
                _check(answer)
                return _stored(key, answer)
        except ObjectsUnavailable:
            if body.failure is not None:
                raise body.failure from None
            raise

    async def get(
        self, bucket: str, key: str, version_id: str, start: int = 0, stop: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of one version from `start` up to but not including `stop`, in pieces as they arrive.

        Whoever does not read to the end closes the iterator (`contextlib.aclosing`).

        Raises:
            ObjectMissing: no such version.
            ObjectTruncated: the version has fewer bytes.
            ObjectBrokenOff: the connection ended midway.
            ObjectsUnavailable: no answer, after a few tries.
        """
        if start == stop:
            return
        answer = await _retried(lambda: self._open(bucket, key, version_id, start, stop))
        try:
            async for piece in answer.content.iter_any():
                yield piece
        except ClientError as error:
            raise _broken_off(error) from None
        finally:
            # Gives the connection back when everything was read, closes it otherwise.
            answer.release()

    async def get_all(self, bucket: str, key: str, version_id: str) -> bytes:
        """The whole of a small object; raises as `get` does, after a few tries."""
        return await _retried(lambda: self._read(bucket, key, version_id))

    async def _read(self, bucket: str, key: str, version_id: str) -> bytes:
        async with await self._send("GET", self._signer.url("GET", bucket, key, version_id)) as answer:
            _check(answer)
            try:
                return await answer.read()
            except ClientError as error:
                raise _broken_off(error) from None

    async def head(self, bucket: str, key: str, version_id: str | None = None) -> ObjectHead:
        """What the store says of a version, or of the newest.

        Raises:
            ObjectMissing: no such object, or its newest version is a delete marker.
        """
        return await _retried(lambda: self._head(bucket, key, version_id))

    async def _head(self, bucket: str, key: str, version_id: str | None) -> ObjectHead:
        async with await self._send("HEAD", self._signer.url("HEAD", bucket, key, version_id)) as answer:
            _check(answer)
            stored = _stored(key, answer)
            return ObjectHead(int(answer.headers["Content-Length"]), stored.version_id, stored.etag)

    async def _open(self, bucket: str, key: str, version_id: str, start: int, stop: int | None) -> ClientResponse:
        ranged = start > 0 or stop is not None
        headers = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"} if ranged else {}
        answer = await self._send("GET", self._signer.url("GET", bucket, key, version_id), headers)
        try:
            _check(answer)
            if ranged and answer.status != 206:
                raise ObjectsRefused("The object store ignored a range.")
            if stop is not None and answer.content_length != stop - start:
                raise ObjectTruncated(f"The object store has {answer.content_length} of {stop - start} bytes.")
        except ObjectError:
            answer.close()
            raise
        return answer

    async def _send(
        self, method: str, url: URL, headers: dict[str, str] | None = None, data: AsyncIterable[bytes] | None = None
    ) -> ClientResponse:
        try:
            # A redirect would be the store's choice of whom we talk to next.
            return await self._session.request(method, url, headers=headers, data=data, allow_redirects=False)
        except ClientError as error:
            # Not chained: aiohttp's messages quote the URL, and the URL is signed.
            raise ObjectsUnavailable(f"The object store did not answer: {type(error).__name__}.") from None


async def _retried(attempt: Callable[[], Awaitable[T]]) -> T:
    for seconds in RETRY_AFTER_SECONDS:
        try:
            return await attempt()
        except ObjectError as error:
            if not error.retryable:
                raise
            await asyncio.sleep(seconds)
    return await attempt()


def _check(answer: ClientResponse) -> None:
    if answer.status in {200, 206}:
        return
    said = f"The object store answered {answer.status}."
    # 405 is S3's answer to reading a delete marker by its version id.
    if answer.status in {404, 405}:
        raise ObjectMissing(said)
    if answer.status == 416:
        raise ObjectTruncated("The object ends before the range begins.")
    if answer.status in OVERLOADED_OR_BROKEN:
        raise ObjectsUnavailable(said)
    raise ObjectsRefused(said)


def _stored(key: str, answer: ClientResponse) -> ObjectVersion:
    version_id = answer.headers.get("x-amz-version-id", "null")
    if version_id == "null":
        raise BucketNotVersioned("The object store answered without a version id.")
    return ObjectVersion(key, version_id, answer.headers.get("ETag", "").strip('"'))


def _broken_off(error: ClientError) -> ObjectBrokenOff:
    return ObjectBrokenOff(f"The object store broke off: {type(error).__name__}.")
