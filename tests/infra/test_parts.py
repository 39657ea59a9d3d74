"""What each embedded part promises while it runs."""

import json
import socket
import stat
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import boto3
import httpx
import psutil
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from infra.embedded import Endpoints, Stack


def s3_client(endpoints: Endpoints, *, secret_key: str | None = None) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoints.s3_endpoint,
        aws_access_key_id=endpoints.s3_access_key,
        aws_secret_access_key=secret_key or endpoints.s3_secret_key,
        region_name="eu-north-1",
        config=Config(signature_version="s3v4"),
    )


@pytest.fixture
def bucket(stack: Endpoints) -> Iterator[str]:
    """A versioned bucket of this test alone."""
    name, s3 = f"infra-{uuid4().hex[:12]}", s3_client(stack)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    s3.close()


@pytest.mark.parametrize("url", ["database_url", "owner_database_url"])
async def test_neither_role_may_step_around_row_level_security(stack: Endpoints, url: str) -> None:
    connection = await asyncpg.connect(getattr(stack, url))
    row = await connection.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    await connection.close()
    assert tuple(row) == (False, False, False)


async def test_the_application_owns_nothing_and_may_create_nothing(stack: Endpoints) -> None:
    connection = await asyncpg.connect(stack.database_url)
    owned = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (id int)")
    await connection.close()
    assert owned == 0


async def test_postgres_refuses_a_wrong_password(stack: Endpoints) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(stack.database_url, password="wrong")


def test_the_broker_refuses_who_has_no_password(running_stack: Stack) -> None:
    port = int(running_stack.endpoints.broker_url.rpartition(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(64).startswith(b"-NOAUTH")


def test_the_object_store_refuses_a_wrong_key(stack: Endpoints, bucket: str) -> None:
    s3 = s3_client(stack, secret_key="0" * 48)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3.list_objects_v2(Bucket=bucket)
    s3.close()


def test_a_bucket_that_still_holds_something_unversioned_cannot_be_deleted(stack: Endpoints, bucket: str) -> None:
    """SeaweedFS 4.48 counts only these: a bucket whose objects are all versioned is deleted with what it holds."""
    s3 = s3_client(stack)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="recording", Body=b"sealed")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)
    s3.close()


def test_a_bucket_of_versions_is_protected_by_its_policy(stack: Endpoints, bucket: str) -> None:
    s3 = s3_client(stack)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_object(Bucket=bucket, Key="recording", Body=b"sealed")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_bucket(Bucket=bucket)
    s3.close()


def test_every_version_is_listed_until_it_is_deleted_by_name(stack: Endpoints, bucket: str) -> None:
    s3 = s3_client(stack)
    for body in (b"first", b"second"):
        s3.put_object(Bucket=bucket, Key="recording", Body=body)
    s3.delete_object(Bucket=bucket, Key="recording")
    listed = s3.list_object_versions(Bucket=bucket)
    entries = [*listed["Versions"], *listed["DeleteMarkers"]]
    assert len(entries) == 3
    for entry in entries:
        s3.delete_object(Bucket=bucket, Key="recording", VersionId=entry["VersionId"])
    emptied = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in emptied and "DeleteMarkers" not in emptied
    s3.delete_bucket(Bucket=bucket)
    s3.close()


def test_an_object_is_written_once_and_read_in_ranges_by_presigned_addresses(stack: Endpoints, bucket: str) -> None:
    s3 = s3_client(stack)
    place = {"Bucket": bucket, "Key": "recording"}
    put = s3.generate_presigned_url("put_object", Params=place)
    get = s3.generate_presigned_url("get_object", Params=place)
    assert httpx.put(put, content=b"0123456789").status_code == 200
    ranged = httpx.get(get, headers={"Range": "bytes=2-4"})
    assert (ranged.status_code, ranged.content) == (206, b"234")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**place, Body=b"other", IfNoneMatch="*")
    s3.close()


def test_everything_listens_on_the_loopback_address_alone(running_stack: Stack) -> None:
    listening = [
        connection.laddr.ip
        for pid in running_stack.processes.values()
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= len(running_stack.processes)
    assert set(listening) == {"127.0.0.1"}


def test_no_other_account_may_read_or_list_anything_of_the_data_directory(running_stack: Stack) -> None:
    top = [running_stack.data, *running_stack.data.iterdir()]
    assert [
        path for path in top if path.is_dir() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IXOTH
    ] == []
    assert stat.S_IMODE((running_stack.data / "secrets.json").stat().st_mode) == 0o600


def test_passwords_do_not_show_when_endpoints_are_printed(stack: Endpoints) -> None:
    assert stack.s3_secret_key not in repr(stack)
    assert stack.database_url not in repr(stack)
