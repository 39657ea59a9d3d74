"""An object of unknown size comes whole or not at all, and nothing of an attempt that broke off stays."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from infra.embedded import Endpoints
from vault.custody.objects import PIECE, ObjectMissing, Objects


@pytest.fixture(scope="module")
async def objects(stack: Endpoints) -> AsyncIterator[Objects]:
    async with Objects.open(stack.s3_endpoint, stack.s3_access_key, stack.s3_secret_key) as opened:
        assert opened.endpoint == stack.s3_endpoint
        yield opened


@pytest.fixture(scope="module")
async def bucket(objects: Objects) -> str:
    name = f"vault-{uuid4().hex}"
    await objects.create_bucket(name, "eu-north-1")
    return name


@pytest.mark.parametrize("size", [0, 5, PIECE, PIECE + 1])
async def test_what_was_added_is_what_is_stored(objects: Objects, bucket: str, size: int) -> None:
    content, upload = bytes(size), await objects.begin_parted(bucket, "whole")
    for at in range(0, size, 3 << 20):
        await upload.add(content[at : at + (3 << 20)])
    version = await upload.complete()
    assert await objects.get_all(bucket, "whole", version) == content


async def test_what_broke_off_is_discarded_and_what_has_a_like_name_stays(objects: Objects, bucket: str) -> None:
    for _ in range(2):
        upload = await objects.begin_parted(bucket, "archive")
        await upload.add(b"first")
        await upload.complete()
    await objects.begin_parted(bucket, "archive")
    other = await objects.begin_parted(bucket, "archive-2")
    await objects.put(bucket, "archive-3", 1, b"x")
    assert await objects.discard(bucket, "archive") == 2
    assert await objects.unfinished_uploads(bucket) == 1
    assert [version.key async for version in objects.versions(bucket, "archive")] == ["archive-3"]
    await other.abort()
    assert await objects.unfinished_uploads(bucket) == 0
    assert await objects.discard(bucket, "archive") == 0


async def test_there_is_nothing_to_begin_in_a_bucket_that_is_not_there(objects: Objects) -> None:
    with pytest.raises(ObjectMissing):
        await objects.begin_parted("vault-nowhere", "archive")
