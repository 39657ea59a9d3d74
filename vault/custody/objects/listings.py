"""What a bucket holds, in order and a page at a time, for whoever holds it against something else."""

from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from vault.custody.objects.buckets import PAGE, Buckets
from vault.custody.objects.errors import ObjectMissing


class Listed(NamedTuple):
    """One entry of a listing in order, with the moment at which the store got it."""

    key: str
    version_id: str
    is_delete_marker: bool
    modified: datetime


class ListedPage(NamedTuple):
    """Entries of consecutive keys, each key with all of its versions; `after` asks for the next page, if there is one.

    A key of more versions than a page holds is given in part.
    """

    entries: list[Listed]
    after: str | None


class UnfinishedUpload(NamedTuple):
    """A multipart upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str
    begun: datetime


class Listings(Buckets):
    """Buckets that are read through from one end to the other."""

    async def page(self, bucket: str, prefix: str, after: str = "") -> ListedPage:
        """Every version and delete marker of the next keys that begin so, in the order of the keys.

        Args:
            after: the key after which to begin.

        Raises:
            ObjectMissing: no such bucket.
        """
        return await self._call(lambda: self._page(bucket, prefix, after))

    def _page(self, bucket: str, prefix: str, after: str) -> ListedPage:
        listed = self._client.list_object_versions(Bucket=bucket, Prefix=prefix, MaxKeys=PAGE, KeyMarker=after)
        entries = sorted(_listed(listed))
        if not listed.get("IsTruncated") or not entries:
            return ListedPage(entries, None)
        # The last key's versions may go on beyond the page: it begins the next one, unless it is all there is.
        last = entries[-1].key
        whole = [entry for entry in entries if entry.key < last]
        return ListedPage(whole, whole[-1].key) if whole else ListedPage(entries, last)

    async def folders(self, bucket: str, prefix: str = "") -> list[str]:
        """The first parts of the keys that begin so, each up to and with its next slash, in order.

        Raises:
            ObjectMissing: no such bucket.
        """
        return await self._call(lambda: self._folders(bucket, prefix))

    def _folders(self, bucket: str, prefix: str) -> list[str]:
        paginator = self._client.get_paginator("list_object_versions")
        pages = paginator.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        return sorted(each["Prefix"] for page in pages for each in page.get("CommonPrefixes", []))

    async def buckets(self, prefix: str) -> list[str]:
        """The names of the buckets that these credentials have and that begin so."""
        found = await self._call(lambda: self._client.list_buckets())
        return sorted(each["Name"] for each in found.get("Buckets", []) if each["Name"].startswith(prefix))

    async def list_unfinished_uploads(self, bucket: str) -> list[UnfinishedUpload]:
        """The multipart uploads that were begun in the bucket and neither completed nor aborted.

        Raises:
            ObjectMissing: no such bucket.
        """
        return await self._call(lambda: self._list_uploads(bucket))

    def _list_uploads(self, bucket: str) -> list[UnfinishedUpload]:
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket)
        return [
            UnfinishedUpload(upload["Key"], upload["UploadId"], upload["Initiated"])
            for page in pages
            for upload in page.get("Uploads", [])
        ]

    async def abort_upload(self, bucket: str, upload: UnfinishedUpload) -> None:
        """Remove what was stored of an unfinished upload; one that is not there is as good as removed."""
        with suppress(ObjectMissing):
            await self._call(
                lambda: self._client.abort_multipart_upload(Bucket=bucket, Key=upload.key, UploadId=upload.upload_id)
            )


def _listed(page: dict[str, Any]) -> list[Listed]:
    return [Listed(v["Key"], v["VersionId"], False, v["LastModified"]) for v in page.get("Versions", [])] + [
        Listed(m["Key"], m["VersionId"], True, m["LastModified"]) for m in page.get("DeleteMarkers", [])
    ]
