"""A bucket is read through in order, a page at a time, whatever lies in it."""

import secrets
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from infra.embedded import Endpoints
from vault.custody.objects import Objects

FOLDER = "content/20270501T0000Z/"


@pytest.fixture
async def objects(stack: Endpoints) -> AsyncIterator[Objects]:
    async with Objects.open(stack.s3_endpoint, stack.s3_access_key, stack.s3_secret_key) as opened:
        yield opened


@pytest.fixture
async def bucket(objects: Objects) -> str:
    name = f"listed-{secrets.token_hex(4)}"
    await objects.create_bucket(name, "eu-north-1")
    return name


async def test_pages_follow_one_another_and_keep_the_versions_of_a_key_together(
    objects: Objects, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.custody.objects.listings.PAGE", 3)
    keys = [f"{FOLDER}{UUID(int=number)}/{name}" for number, name in ((1, "x"), (1, "y"), (2, "x"), (3, "x"), (4, "x"))]
    for key, versions in zip(keys, (1, 2, 1, 4, 1), strict=True):
        for _ in range(versions):
            await objects.put(bucket, key, 1, b"x")
    found, after = list[str](), ""
    while True:
        page = await objects.page(bucket, FOLDER, after)
        found += [entry.key for entry in page.entries]
        if page.after is None:
            break
        after = page.after
    # Of a key with more versions than a page holds, a page's worth is given.
    assert found == [keys[0], keys[1], keys[1], keys[2], keys[3], keys[3], keys[3], keys[4]]


async def test_folders_are_named_also_where_only_a_delete_marker_is_left(objects: Objects, bucket: str) -> None:
    record = f"contact/contract/{UUID(int=1)}/record"
    for key in (f"{FOLDER}{UUID(int=1)}/content", f"content/20270501T0000Z.2/{UUID(int=1)}/content", record):
        await objects.put(bucket, key, 1, b"x")
    objects._client.delete_object(Bucket=bucket, Key=record)
    assert await objects.folders(bucket) == ["contact/", "content/"]
    assert await objects.folders(bucket, "content/") == ["content/20270501T0000Z.2/", "content/20270501T0000Z/"]
    (marker,) = [entry for entry in (await objects.page(bucket, "contact/")).entries if entry.is_delete_marker]
    assert marker.key == record
    assert bucket in await objects.buckets("listed-")


async def test_an_unfinished_upload_is_named_with_its_beginning_and_aborted_for_good(
    objects: Objects, bucket: str
) -> None:
    objects._client.create_multipart_upload(Bucket=bucket, Key=f"{FOLDER}x")
    (upload,) = await objects.list_unfinished_uploads(bucket)
    assert upload.key == f"{FOLDER}x" and upload.begun.tzinfo is not None
    await objects.abort_upload(bucket, upload)
    await objects.abort_upload(bucket, upload)
    assert await objects.list_unfinished_uploads(bucket) == []
