"""What nobody may change or delete before a moment, whoever holds the credentials: buckets with S3 Object Lock."""

import contextlib
from datetime import datetime

from botocore.exceptions import ClientError

from vault.custody.objects.buckets import Buckets


class Locked(Buckets):
    """Objects that are kept from deletion for a time (S3 Object Lock, compliance mode)."""

    async def create_locked_bucket(self, bucket: str, region: str) -> None:
        """Make a bucket whose objects can be locked; the same call again changes nothing. Raises as `create_bucket`."""
        await self._call(lambda: self._create_locked(bucket, region))

    def _create_locked(self, bucket: str, region: str) -> None:
        # Whether objects can be locked is said when the bucket is made, and never again.
        with contextlib.suppress(self._client.exceptions.BucketAlreadyOwnedByYou, ClientError):
            self._client.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={"LocationConstraint": region},
                ObjectLockEnabledForBucket=True,
            )
        self._client.get_object_lock_configuration(Bucket=bucket)

    async def put_locked(self, bucket: str, key: str, content: bytes, until: datetime) -> str:
        """Store an object that no one deletes before a moment; gives its version. Raises as `put`."""
        done = await self._call(
            lambda: self._client.put_object(
                Bucket=bucket,
                Key=key,
                Body=content,
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                ChecksumAlgorithm="SHA256",
            )
        )
        return str(done["VersionId"])

    async def get_locked(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        """A small object whole: the version of that id, or the newest. Raises as `get_all`."""
        version = {} if version_id is None else {"VersionId": version_id}
        return await self._call(
            lambda: bytes(self._client.get_object(Bucket=bucket, Key=key, **version)["Body"].read())
        )
