"""Buckets and the versions in them, through boto3 in threads: rare calls, where its knowledge is worth its cost."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError

from vault.custody.objects.errors import (
    BucketNotEmpty,
    NotDeleted,
    ObjectError,
    ObjectMissing,
    ObjectsNotDeleted,
    ObjectsRefused,
    ObjectsUnavailable,
)

T = TypeVar("T")

# What one request lists or deletes at most (S3 API, ListObjectVersions and DeleteObjects).
PAGE = 1000
GONE = {"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NoSuchBucket", "404"}
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Version(NamedTuple):
    """One entry of a bucket: a version of an object, or the mark that hides the older ones."""

    key: str
    version_id: str
    is_delete_marker: bool


class Emptied(NamedTuple):
    """What one step of emptying a bucket removed for good."""

    versions: int
    delete_markers: int
    uploads: int


class Buckets:
    """The control plane: everything about buckets and versions that moves no content."""

    _client: Any

    async def create_bucket(self, bucket: str, region: str) -> None:
        """Make a versioned, private bucket in a region; the same call again changes nothing.

        Raises:
            ObjectsRefused: the name belongs to somebody else, or the store does not serve the region.
            ObjectsUnavailable: the store did not answer.
        """
        await self._call(lambda: self._create(bucket, region))

    def _create(self, bucket: str, region: str) -> None:
        try:
            self._client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
        except ClientError as error:
            if _code(error) not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise
            # Ours or somebody else's? S3 answers 403 for a bucket that is another account's.
            self._client.head_bucket(Bucket=bucket)
        self._keep_versions(bucket)
        try:
            self._client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=BLOCKED)
        except ClientError as error:
            # SeaweedFS has no public access to block: nothing is public there without a policy that says so.
            if _code(error) != "NotImplemented":
                raise

    def _keep_versions(self, bucket: str) -> None:
        self._client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    async def bucket_exists(self, bucket: str) -> bool:
        """Whether these credentials see such a bucket.

        Raises:
            ObjectsRefused: it is somebody else's.
        """
        try:
            await self._call(lambda: self._client.head_bucket(Bucket=bucket))
        except ObjectMissing:
            return False
        return True

    async def delete_bucket(self, bucket: str) -> None:
        """Remove an empty bucket; one that is not there is as good as removed.

        Raises:
            BucketNotEmpty: a version, a delete marker or an unfinished upload is left in it.
        """
        try:
            await self._call(lambda: self._delete_bucket(bucket))
        except ObjectMissing:
            return

    def _delete_bucket(self, bucket: str) -> None:
        # Asked here and not left to the store: SeaweedFS deletes a bucket with all its versions once their
        # newest is a delete marker, even under -s3.allowDeleteBucketNotEmpty=false.
        listed = self._client.list_object_versions(Bucket=bucket, MaxKeys=1)
        uploads = self._client.list_multipart_uploads(Bucket=bucket, MaxUploads=1)
        if _entries(listed) or uploads.get("Uploads"):
            raise BucketNotEmpty(f"Bucket {bucket} is not empty.")
        self._client.delete_bucket(Bucket=bucket)

    async def versions(self, bucket: str, prefix: str = "") -> AsyncGenerator[Version, None]:
        """Every version and delete marker of the keys that begin so, a page at a time.

        Raises:
            ObjectMissing: no such bucket.
        """
        async for page in self.version_pages(bucket, prefix):
            for entry in page:
                yield entry

    async def version_pages(self, bucket: str, prefix: str = "") -> AsyncGenerator[list[Version], None]:
        """The same by the page, of at most 1000 each: what has been given may be removed before the next is asked for.

        Raises:
            ObjectMissing: no such bucket.
        """
        pages = self._pages(bucket, prefix)
        while page := await self._call(lambda: next(pages, None)):
            yield _entries(page)

    def _pages(self, bucket: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        paginator = self._client.get_paginator("list_object_versions")
        return iter(paginator.paginate(Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": PAGE}))

    async def unfinished_uploads(self, bucket: str) -> int:
        """How many multipart uploads were begun in the bucket and neither completed nor aborted.

        Raises:
            ObjectMissing: no such bucket.
        """
        return await self._call(lambda: self._count_uploads(bucket))

    def _count_uploads(self, bucket: str) -> int:
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
        return sum(len(page.get("Uploads", [])) for page in pages)

    async def delete_versions(self, bucket: str, versions: Iterable[tuple[str, str]]) -> int:
        """Remove these (key, version id) pairs for good, 1000 a request, and say how many that were.

        What is gone already counts as removed, so a job that died midway can be run again.

        Raises:
            ObjectsNotDeleted: naming each that is still there, after all the others were tried.
            ObjectMissing: no such bucket.
        """
        deleted, failures = 0, list[NotDeleted]()
        for batch in _batches(versions):
            failed = await self._delete(bucket, batch)
            deleted += len(batch) - len(failed)
            failures += failed
        if failures:
            raise ObjectsNotDeleted(failures)
        return deleted

    async def _delete(self, bucket: str, batch: list[tuple[str, str]]) -> list[NotDeleted]:
        named = [{"Key": key, "VersionId": version_id} for key, version_id in batch]
        answer = await self._call(lambda: self._client.delete_objects(Bucket=bucket, Delete={"Objects": named}))
        # SeaweedFS names a deleted delete marker only by the second field, AWS by both.
        gone = {
            (done["Key"], done.get("VersionId", done.get("DeleteMarkerVersionId")))
            for done in answer.get("Deleted", [])
        }
        said = {(error["Key"], error.get("VersionId")): error.get("Code") for error in answer.get("Errors", [])}
        # A pair of which the store says nothing is not deleted either.
        codes = [(pair, said.get(pair, "Unanswered")) for pair in batch if pair not in gone]
        return [NotDeleted(*pair, code) for pair, code in codes if code not in GONE]

    async def empty_bucket(self, bucket: str) -> AsyncGenerator[Emptied, None]:
        """Remove every version, delete marker and unfinished upload, saying after each step what has gone.

        Stop anywhere, call again: it goes on with what is left. A bucket that is not there is empty.

        Raises:
            ObjectsNotDeleted: the store keeps some, or lists what it said it deleted.
        """
        try:
            # SeaweedFS makes a bucket anew, without versioning, for an object that comes while it is removed, and then
            # calls every version deleted and keeps it.
            await self._call(lambda: self._keep_versions(bucket))
            # Uploads first: completing one would put a new version behind the listing's back.
            while uploads := await self._call(lambda: self._abort_uploads(bucket)):
                yield Emptied(0, 0, uploads)
            previous: list[Version] = []
            # The first page each time, since what was listed is gone.
            while entries := _entries(await self._call(lambda: next(self._pages(bucket)))):
                if entries == previous:
                    raise ObjectsNotDeleted([NotDeleted(e.key, e.version_id, "StillListed") for e in entries])
                await self.delete_versions(bucket, [(entry.key, entry.version_id) for entry in entries])
                markers = sum(entry.is_delete_marker for entry in entries)
                yield Emptied(len(entries) - markers, markers, 0)
                previous = entries
        except ObjectMissing:
            return

    def _abort_uploads(self, bucket: str, key: str | None = None) -> int:
        listed = self._client.list_multipart_uploads(Bucket=bucket, Prefix=key or "", MaxUploads=PAGE)
        uploads = [upload for upload in listed.get("Uploads", []) if key in (None, upload["Key"])]
        for upload in uploads:
            try:
                self._client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            except ClientError as error:
                if _code(error) != "NoSuchUpload":
                    raise
        return len(uploads)

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except ClientError as error:
            raise _translated(error) from error
        except (ConnectionError, HTTPClientError, ResponseParserError) as error:
            raise ObjectsUnavailable(f"The object store did not answer: {type(error).__name__}.") from error
        except BotoCoreError as error:
            raise ObjectsRefused(f"The call cannot be made: {type(error).__name__}.") from error


def _entries(page: dict[str, Any]) -> list[Version]:
    return [Version(v["Key"], v["VersionId"], False) for v in page.get("Versions", [])] + [
        Version(m["Key"], m["VersionId"], True) for m in page.get("DeleteMarkers", [])
    ]


def _batches(versions: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(versions)
    while batch := list(islice(rest, PAGE)):
        yield batch


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _translated(error: ClientError) -> ObjectError:
    code, status = _code(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = f"The object store answered {code} ({status})."
    if code in GONE:
        return ObjectMissing(said)
    if code == "BucketNotEmpty":
        return BucketNotEmpty(said)
    if status in {429, 500, 502, 503, 504} or code in {"SlowDown", "RequestTimeout"}:
        return ObjectsUnavailable(said)
    return ObjectsRefused(said)
