"""An object whose size nobody knows before its end goes into the store in pieces, in bounded memory."""

from typing import Any, Final

from vault.custody.objects.buckets import Buckets

PIECE: Final = 8 << 20
"""Bytes of one piece but the last; a store takes at least 5 MiB and at most 10,000 pieces of an object."""


class PartedUpload:
    """One object under way; until it is completed the store shows nothing of it."""

    def __init__(self, store: Buckets, bucket: str, key: str, upload_id: str) -> None:
        self._store = store
        self._of = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
        self._waiting = bytearray()
        self._pieces: list[dict[str, Any]] = []

    async def add(self, content: bytes) -> None:
        """Send what fills a piece and keep the rest for the next. Raises as `Buckets` does."""
        self._waiting += content
        while len(self._waiting) >= PIECE:
            await self._send(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]

    async def complete(self) -> str:
        """Make the object of what was sent.

        Returns:
            Its version; empty where the bucket keeps no versions.
        """
        if self._waiting or not self._pieces:
            await self._send(bytes(self._waiting))
        client, pieces = self._store._client, {"Parts": self._pieces}
        answer = await self._store._call(lambda: client.complete_multipart_upload(**self._of, MultipartUpload=pieces))
        return str(answer.get("VersionId", ""))

    async def abort(self) -> None:
        """Give it up; what was sent is gone."""
        await self._store._call(lambda: self._store._client.abort_multipart_upload(**self._of))

    async def _send(self, content: bytes) -> None:
        client, number = self._store._client, len(self._pieces) + 1
        answer = await self._store._call(lambda: client.upload_part(**self._of, PartNumber=number, Body=content))
        self._pieces.append({"PartNumber": number, "ETag": answer["ETag"]})


class Parted(Buckets):
    """Objects that come in pieces, and what is left of them where one broke off."""

    async def begin_parted(self, bucket: str, key: str) -> PartedUpload:
        """Begin an object of unknown size.

        Raises:
            ObjectMissing: no such bucket.
            ObjectsRefused: the store does not let these credentials.
            ObjectsUnavailable: it did not answer.
        """
        answer = await self._call(lambda: self._client.create_multipart_upload(Bucket=bucket, Key=key))
        return PartedUpload(self, bucket, key, answer["UploadId"])

    async def abort_uploads(self, bucket: str, key: str | None = None) -> None:
        """Abort every unfinished upload of a bucket, or of one object in it.

        Raises:
            ObjectMissing: no such bucket.
        """
        while await self._call(lambda: self._abort_uploads(bucket, key)):
            pass

    async def discard(self, bucket: str, key: str) -> int:
        """Remove every version and unfinished upload of one object, and say how many versions that were.

        Raises:
            ObjectsNotDeleted: the store keeps some.
        """
        await self.abort_uploads(bucket, key)
        left = [(one.key, one.version_id) async for one in self.versions(bucket, key) if one.key == key]
        return await self.delete_versions(bucket, left)
