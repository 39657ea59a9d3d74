"""What the embedded stack promises when something goes wrong."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from infra.embedded import Stack
from infra.processes import PartFailed
from tests.infra.test_parts import s3_client

pytestmark = pytest.mark.long
DURABLE = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")


@pytest.fixture
def data() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="vault-stack-"))
    yield path
    shutil.rmtree(path)


async def query(url: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(sql)
        return rows
    finally:
        await connection.close()


async def test_what_was_acknowledged_survives_the_death_of_everything(data: Path) -> None:
    """Also when the volume's index lost its last entries, as in a power cut: it is never synced."""
    with Stack(data) as stack:
        before = stack.endpoints
        shown = [await query(before.owner_database_url, f"SHOW {name}") for name in DURABLE]
        assert [row[0] for (row,) in shown] == ["on"] * len(DURABLE)
        await query(before.owner_database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        s3 = s3_client(before)
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="kept", Key="recording", Body=b"sealed" * 1000)
        s3.close()
        for pid in stack.processes.values():
            os.kill(pid, signal.SIGKILL)
    for index in (data / "objects" / "volume").glob("kept_*.idx"):
        os.truncate(index, 0)

    with Stack(data) as stack:
        assert stack.endpoints == before
        assert [row["answer"] for row in await query(before.owner_database_url, "SELECT answer FROM kept")] == [42]
        s3 = s3_client(stack.endpoints)
        body = s3.get_object(Bucket="kept", Key="recording")["Body"]
        assert body.read() == b"sealed" * 1000
        body.close()
        s3.close()

        with pytest.raises(PartFailed, match="already running"):
            Stack(data).start()

        os.kill(stack.processes["Valkey"], signal.SIGKILL)
        with pytest.raises(PartFailed, match=r"Valkey was killed by SIGKILL; its log is .*valkey\.log"):
            check_until_dead(stack)


def test_a_part_that_cannot_start_is_named_with_its_last_words_and_nothing_is_left_running(data: Path) -> None:
    (data / "valkey").mkdir()
    (data / "valkey" / "valkey.conf").mkdir()
    with pytest.raises(IsADirectoryError):
        Stack(data).start()
    assert working_in(data) == []


def check_until_dead(stack: Stack) -> None:
    while True:
        stack.check()


def working_in(data: Path) -> list[str]:
    """The names of processes whose working directory lies under the data directory."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(data):
                found.append(process.name())
    return found
