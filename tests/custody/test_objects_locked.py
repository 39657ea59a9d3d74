"""What is locked in the store is deleted by nobody before its time, whatever their credentials."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from infra.embedded import Endpoints
from vault.custody.objects import Objects, ObjectsNotDeleted

REGION = "eu-north-1"


@pytest.fixture
async def objects(stack: Endpoints) -> AsyncIterator[Objects]:
    async with Objects.open(stack.s3_endpoint, stack.s3_access_key, stack.s3_secret_key) as opened:
        yield opened


async def test_a_locked_version_is_not_deleted_before_its_time_and_stays_under_a_newer_one(objects: Objects) -> None:
    bucket = f"locked-{uuid4()}"
    await objects.create_locked_bucket(bucket, REGION)
    await objects.create_locked_bucket(bucket, REGION)
    until = datetime.now(UTC) + timedelta(hours=1)
    version = await objects.put_locked(bucket, "log/checkpoint", b"one", until)
    await objects.put_locked(bucket, "log/checkpoint", b"two", until)
    with pytest.raises(ObjectsNotDeleted):
        await objects.delete_versions(bucket, [("log/checkpoint", version)])
    assert await objects.get_locked(bucket, "log/checkpoint", version) == b"one"
    assert await objects.get_locked(bucket, "log/checkpoint") == b"two"


async def test_what_is_locked_no_more_can_go(objects: Objects) -> None:
    bucket = f"locked-{uuid4()}"
    await objects.create_locked_bucket(bucket, REGION)
    version = await objects.put_locked(bucket, "log/old", b"one", datetime.now(UTC) + timedelta(seconds=3))
    async with asyncio.timeout(40):
        while True:
            try:
                await objects.delete_versions(bucket, [("log/old", version)])
                break
            except ObjectsNotDeleted:
                await asyncio.sleep(0.2)
    assert [one async for one in objects.versions(bucket)] == []
