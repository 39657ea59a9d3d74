"""What the vault relies on in its object store, shown on the real one."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.embedded import Endpoints
from vault.custody.objects import (
    BucketNotEmpty,
    BucketNotVersioned,
    Emptied,
    ObjectMissing,
    Objects,
    ObjectSizeMismatch,
    ObjectsNotDeleted,
    ObjectsRefused,
    ObjectTruncated,
    ObjectVersion,
    Version,
)
from vault.custody.objects.body import Body
from vault.custody.objects.signing import KEY

REGION = "eu-north-1"
AN_ID = "0b1cfa65-93d3-4c6f-8b44-6a0a4ffbe0f2"
Piece = bytes | memoryview


@pytest.fixture(scope="session")
async def objects(stack: Endpoints) -> AsyncIterator[Objects]:
    async with Objects.open(stack.s3_endpoint, stack.s3_access_key, stack.s3_secret_key) as opened:
        yield opened


@pytest.fixture(scope="session")
def s3(stack: Endpoints) -> Any:
    """The same store, as somebody else would see it."""
    return boto3.client(
        "s3",
        endpoint_url=stack.s3_endpoint,
        aws_access_key_id=stack.s3_access_key,
        aws_secret_access_key=stack.s3_secret_key,
        region_name=REGION,
    )


@pytest.fixture
async def bucket(objects: Objects) -> str:
    name = f"vault-{uuid4().hex}"
    await objects.create_bucket(name, REGION)
    return name


def new_key() -> str:
    return f"{uuid4()}/content"


async def stored(objects: Objects, bucket: str, content: bytes = b"sealed", key: str | None = None) -> ObjectVersion:
    return await objects.put(bucket, key or new_key(), len(content), content)


async def all_versions(objects: Objects, bucket: str, prefix: str = "") -> list[Version]:
    return [version async for version in objects.versions(bucket, prefix)]


async def read(objects: Objects, bucket: str, version: ObjectVersion, *limits: int) -> bytes:
    return b"".join([piece async for piece in objects.get(bucket, version.key, version.version_id, *limits)])


async def reused_buffer(content: bytes, size: int = 10_000, error: Exception | None = None) -> AsyncIterator[Piece]:
    """Pieces in one buffer that is overwritten as soon as the next is asked for, as a sealer does it."""
    buffer = bytearray(size)
    for at in range(0, len(content), size):
        piece = content[at : at + size]
        buffer[: len(piece)] = piece
        yield memoryview(buffer)[: len(piece)]
        buffer[:] = bytes(size)
    if error:
        raise error


async def test_what_was_put_is_what_is_read(objects: Objects, bucket: str) -> None:
    content = os.urandom(1_500_000)
    version = await stored(objects, bucket, content)
    assert await objects.get_all(bucket, version.key, version.version_id) == content
    assert await read(objects, bucket, version) == content


async def test_a_streamed_body_arrives_although_its_buffer_is_used_again(objects: Objects, bucket: str) -> None:
    content = os.urandom(3_000_001)
    version = await objects.put(bucket, new_key(), len(content), reused_buffer(content))
    assert await objects.get_all(bucket, version.key, version.version_id) == content


@pytest.mark.parametrize("body", [b"", reused_buffer(b"")])
async def test_an_empty_object_can_be_stored(objects: Objects, bucket: str, body: bytes | AsyncIterator[Piece]) -> None:
    version = await objects.put(bucket, new_key(), 0, body)
    assert await objects.get_all(bucket, version.key, version.version_id) == b""


async def test_a_range_is_read_without_the_rest(objects: Objects, bucket: str) -> None:
    content = os.urandom(400_000)
    version = await stored(objects, bucket, content)
    assert await read(objects, bucket, version, 1000, 300_000) == content[1000:300_000]
    assert await read(objects, bucket, version, 399_999) == content[399_999:]
    assert await read(objects, bucket, version, 0, 1) == content[:1]
    assert await read(objects, bucket, version, 7, 7) == b""


@pytest.mark.parametrize("limits", [(5, 7), (6, 7), (6,), (100, 200)])
async def test_a_range_beyond_the_end_is_a_truncated_object(
    objects: Objects, bucket: str, limits: tuple[int, ...]
) -> None:
    version = await stored(objects, bucket, b"sealed")
    with pytest.raises(ObjectTruncated):
        await read(objects, bucket, version, *limits)


async def test_a_reader_may_leave_midway(objects: Objects, bucket: str) -> None:
    version = await stored(objects, bucket, os.urandom(2_000_000))
    async with aclosing(objects.get(bucket, version.key, version.version_id)) as pieces:
        assert await anext(pieces)
    assert (await objects.head(bucket, version.key)).size == 2_000_000


@pytest.mark.parametrize("promised", [29_999, 30_001, 20_000, 60_000, 0])
async def test_a_body_of_another_size_than_promised_leaves_nothing(
    objects: Objects, bucket: str, promised: int
) -> None:
    key = new_key()
    with pytest.raises(ObjectSizeMismatch):
        await objects.put(bucket, key, promised, reused_buffer(bytes(30_000)))
    with pytest.raises(ObjectSizeMismatch):
        await objects.put(bucket, key, promised, bytes(30_000))
    assert await all_versions(objects, bucket) == []


@pytest.mark.parametrize("error", [ValueError("tampered"), OSError("disk"), TimeoutError("slow")])
@pytest.mark.parametrize("read_before", [0, 500_000, 1_000_000])
async def test_a_body_that_fails_leaves_nothing_and_its_error_is_seen(
    objects: Objects, bucket: str, error: Exception, read_before: int
) -> None:
    """Even after its last byte: a sealer may find only then that what it sealed was not what was announced."""
    with pytest.raises(type(error), match=str(error)):
        await objects.put(bucket, new_key(), 1_000_000, reused_buffer(bytes(read_before), error=error))
    assert await all_versions(objects, bucket) == []


async def test_every_put_is_a_version_of_its_own(objects: Objects, bucket: str) -> None:
    first = await stored(objects, bucket, b"first")
    second = await stored(objects, bucket, b"second", key=first.key)
    assert await objects.get_all(bucket, first.key, first.version_id) == b"first"
    assert await objects.get_all(bucket, first.key, second.version_id) == b"second"
    newest = await objects.head(bucket, first.key)
    assert (newest.version_id, newest.etag, newest.size) == (second.version_id, second.etag, 6)


async def test_what_is_not_there_is_missing(objects: Objects, bucket: str) -> None:
    version = await stored(objects, bucket)
    calls: list[Callable[[], Any]] = [
        lambda: objects.get_all(bucket, new_key(), version.version_id),
        lambda: objects.get_all(bucket, version.key, version.version_id[::-1]),
        lambda: objects.get_all(f"no-{bucket[:20]}", version.key, version.version_id),
        lambda: objects.head(bucket, new_key()),
        lambda: stored(objects, f"no-{bucket[:20]}"),
        lambda: all_versions(objects, f"no-{bucket[:20]}"),
        lambda: objects.delete_versions(f"no-{bucket[:20]}", [("a", "b")]),
    ]
    for call in calls:
        with pytest.raises(ObjectMissing):
            await call()


@pytest.mark.parametrize(
    "key", ["", "/", "a/", "a/b", "../a", f"{AN_ID}/", f"{AN_ID}/a/b", f"{AN_ID}/Åsa", f"{AN_ID}/{'a' * 256}"]
)
async def test_a_key_is_one_name_that_may_stand_under_one_id(objects: Objects, bucket: str, key: str) -> None:
    with pytest.raises(ValueError, match="An object key is"):
        await stored(objects, bucket, key=key or "/")


@pytest.mark.parametrize("key", [f"{AN_ID}/{'a' * 255}", f"{AN_ID}.content", "a"])
async def test_the_longest_and_the_shortest_key_are_stored(objects: Objects, bucket: str, key: str) -> None:
    version = await stored(objects, bucket, key=key)
    assert await objects.get_all(bucket, key, version.version_id) == b"sealed"


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=5), max_size=5), st.integers(0, 12))
async def test_a_body_is_sent_exactly_as_promised_or_never_whole(pieces: list[bytes], promised: int) -> None:
    async def source() -> AsyncIterator[Piece]:
        for piece in pieces:
            yield piece

    sent = b""
    try:
        async for piece in Body(source(), promised, patience=60).pieces():
            sent += piece
        assert sent == b"".join(pieces)
        assert len(sent) == promised
    except ObjectSizeMismatch:
        assert len(sent) < promised or (sent == b"" and promised == 0)
        assert b"".join(pieces).startswith(sent)
        assert len(b"".join(pieces)) != promised


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_a_key_needs_no_escaping(key: str) -> None:
    if KEY.fullmatch(key):
        assert key.isascii()
        assert not set(key) & set(" /%?#&=+\\\"'<>")


async def test_making_a_bucket_twice_changes_nothing(objects: Objects, bucket: str, s3: Any) -> None:
    version = await stored(objects, bucket)
    await objects.create_bucket(bucket, REGION)
    assert await objects.get_all(bucket, version.key, version.version_id) == b"sealed"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


async def test_a_bucket_is_there_until_it_is_deleted(objects: Objects, bucket: str) -> None:
    assert await objects.bucket_exists(bucket)
    await objects.delete_bucket(bucket)
    await objects.delete_bucket(bucket)
    assert not await objects.bucket_exists(bucket)


async def test_a_name_that_no_bucket_can_have_is_refused(objects: Objects) -> None:
    with pytest.raises(ObjectsRefused):
        await objects.create_bucket("x", REGION)
    with pytest.raises(ObjectsRefused):
        await objects.create_bucket("not a bucket", REGION)


async def test_a_write_to_an_unversioned_bucket_is_an_error(objects: Objects, s3: Any) -> None:
    name = f"vault-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    with pytest.raises(BucketNotVersioned):
        await stored(objects, name)


async def test_a_bucket_with_anything_in_it_is_not_deleted(objects: Objects, bucket: str, s3: Any) -> None:
    """Also when only what a delete marker hides is left: the store itself would delete that."""
    version = await stored(objects, bucket)
    with pytest.raises(BucketNotEmpty):
        await objects.delete_bucket(bucket)
    s3.delete_object(Bucket=bucket, Key=version.key)
    with pytest.raises(BucketNotEmpty):
        await objects.delete_bucket(bucket)
    assert await objects.get_all(bucket, version.key, version.version_id) == b"sealed"


async def test_a_bucket_with_an_unfinished_upload_is_not_deleted(objects: Objects, bucket: str, s3: Any) -> None:
    assert await objects.unfinished_uploads(bucket) == 0
    s3.create_multipart_upload(Bucket=bucket, Key=new_key())
    assert await objects.unfinished_uploads(bucket) == 1
    with pytest.raises(BucketNotEmpty):
        await objects.delete_bucket(bucket)


async def test_versions_and_delete_markers_are_listed_by_prefix(objects: Objects, bucket: str, s3: Any) -> None:
    version = await stored(objects, bucket)
    await stored(objects, bucket)
    marker = s3.delete_object(Bucket=bucket, Key=version.key)
    assert set(await all_versions(objects, bucket, f"{version.key.split('/')[0]}/")) == {
        Version(version.key, version.version_id, False),
        Version(version.key, marker["VersionId"], True),
    }
    with pytest.raises(ObjectMissing):
        await objects.head(bucket, version.key)
    with pytest.raises(ObjectMissing):
        await objects.get_all(bucket, version.key, marker["VersionId"])


async def test_only_the_versions_that_are_named_are_deleted_and_twice_is_once(objects: Objects, bucket: str) -> None:
    old = await stored(objects, bucket, b"old")
    new = await stored(objects, bucket, b"new", key=old.key)
    for _ in range(2):
        assert await objects.delete_versions(bucket, [(old.key, old.version_id)]) == 1
    assert await all_versions(objects, bucket) == [Version(new.key, new.version_id, False)]
    with pytest.raises(ObjectMissing):
        await objects.get_all(bucket, old.key, old.version_id)


async def test_a_version_that_the_store_keeps_is_named(objects: Objects, s3: Any) -> None:
    name = f"vault-{uuid4().hex}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    locked, free = await stored(objects, name), await stored(objects, name)
    hold = {"Bucket": name, "Key": locked.key, "VersionId": locked.version_id}
    s3.put_object_legal_hold(**hold, LegalHold={"Status": "ON"})
    with pytest.raises(ObjectsNotDeleted, match="1 object versions are still there") as kept:
        await objects.delete_versions(name, [(v.key, v.version_id) for v in (locked, free)])
    assert [(failure.key, failure.version_id) for failure in kept.value.failures] == [locked[:2]]
    assert await all_versions(objects, name) == [Version(*locked[:2], False)]
    with pytest.raises(ObjectsNotDeleted):
        _ = [step async for step in objects.empty_bucket(name)]
    s3.put_object_legal_hold(**hold, LegalHold={"Status": "OFF"})
    assert [step async for step in objects.empty_bucket(name)] == [Emptied(1, 0, 0)]


async def test_emptying_removes_versions_markers_and_unfinished_uploads_and_counts_them(
    objects: Objects, bucket: str, s3: Any
) -> None:
    version = await stored(objects, bucket)
    await stored(objects, bucket, key=version.key)
    hidden = await stored(objects, bucket)
    s3.delete_object(Bucket=bucket, Key=hidden.key)
    s3.create_multipart_upload(Bucket=bucket, Key=new_key())
    steps = [step async for step in objects.empty_bucket(bucket)]
    assert [sum(counts) for counts in zip(*steps, strict=True)] == [3, 1, 1]
    assert await all_versions(objects, bucket) == []
    assert [step async for step in objects.empty_bucket(bucket)] == []
    await objects.delete_bucket(bucket)
    assert [step async for step in objects.empty_bucket(bucket)] == []


async def test_listing_and_emptying_go_past_one_page(
    objects: Objects, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.custody.objects.buckets.PAGE", 3)
    made = {(await stored(objects, bucket))[:2] for _ in range(4)}
    key = next(iter(made))[0]
    made |= {(await stored(objects, bucket, key=key))[:2] for _ in range(4)}
    assert {version[:2] for version in await all_versions(objects, bucket)} == made
    emptying = objects.empty_bucket(bucket)
    async with aclosing(emptying):
        assert await anext(emptying) == Emptied(3, 0, 0)
    assert len(await all_versions(objects, bucket)) == 5
    assert sum([step.versions async for step in objects.empty_bucket(bucket)]) == 5


async def test_wrong_credentials_are_refused(stack: Endpoints, bucket: str) -> None:
    async with Objects.open(stack.s3_endpoint, stack.s3_access_key, "not the secret") as stranger:
        with pytest.raises(ObjectsRefused):
            await stored(stranger, bucket)
        with pytest.raises(ObjectsRefused):
            await stranger.bucket_exists(bucket)


async def test_credentials_do_not_show_when_printed(objects: Objects, stack: Endpoints) -> None:
    assert stack.s3_secret_key not in f"{objects!r} {objects}"
    assert stack.s3_access_key not in f"{objects!r} {objects}"


async def test_a_bucket_that_has_lost_its_versioning_is_emptied(objects: Objects, bucket: str, s3: Any) -> None:
    for _ in range(2):
        await objects.put(bucket, "content/contract/0a75b6ba-46bc-423d-9d96-bb82feba9097/record", 3, b"abc")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    async for _ in objects.empty_bucket(bucket):
        pass
    assert not [version async for version in objects.versions(bucket)]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
