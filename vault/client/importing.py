"""A folder goes in row by row: what is refused is told with its line and its reasons, and holds up nothing."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from vault.client.http import Client, Problem, Reason
from vault.client.journal import Journal
from vault.client.uploads import Delivery, ignore
from vault.ingest.manifest import ManifestRow, RowProblem, read_manifest

AT_ONCE = 4
"""Files under way side by side: each waits for the vault's disks most of its time."""

AHEAD = 4 * AT_ONCE
"""Rows read ahead of the oldest one under way, so that memory stays the same however long the manifest."""


@dataclass(frozen=True)
class Taken:
    """A row whose recording is durable; `again` where it was before."""

    line: int
    source_id: str
    recording: str
    again: bool


@dataclass(frozen=True)
class Refused:
    """A row that did not go in, and every reason why."""

    line: int
    file: str
    source_id: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Extent:
    """How much there is to import."""

    rows: int
    bytes: int


def measure(directory: Path, *, now: datetime) -> Extent:
    """Count the rows of a folder's manifest, and the bytes of its files. Raises vault.errors.Invalid without one."""
    rows = total = 0
    for row in read_manifest(directory, now=now):
        rows += 1
        total += row.file.stat().st_size if isinstance(row, ManifestRow) else 0
    return Extent(rows, total)


def import_folder(
    client: Client,
    directory: Path,
    *,
    now: datetime,
    journal: Journal | None = None,
    on_bytes: Callable[[int], None] = ignore,
) -> Iterator[Taken | Refused]:
    """Deliver the files that a folder's manifest names, in any order, and tell of each row in the manifest's order.

    Args:
        now: what relative times in the manifest are counted from.
        journal: what earlier runs have done; rows that are durable already are passed over.
        on_bytes: told how many more bytes are durable.

    Raises:
        Invalid: the folder has no manifest, or two.
        Problem: whoever calls may not deliver, or the vault failed; no row's own fault.
        Unreachable: the line stayed broken.
    """
    importer = _Importer(directory, Delivery(client, journal or Journal(), on_bytes, threading.Event()))
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="import")
    under_way: deque[Future[Taken | Refused]] = deque()
    try:
        for row in read_manifest(directory, now=now):
            under_way.append(pool.submit(importer.take, row))
            if len(under_way) >= AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        importer.delivery.stopping.set()
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Importer:
    directory: Path
    delivery: Delivery

    def take(self, row: ManifestRow | RowProblem) -> Taken | Refused:
        if isinstance(row, RowProblem):
            return Refused(row.line, row.file or "", row.source_id, (Reason("", row.rule, row.sentence),))
        source_id, journal = row.metadata.source_id, self.delivery.journal
        if done := journal.recording(source_id):
            self.delivery.on_bytes(row.file.stat().st_size)
            return Taken(row.line, source_id, done, again=True)
        name = str(row.file.relative_to(self.directory.resolve()))
        try:
            progress = self.delivery.deliver(row.file, row.metadata)
        except Problem as error:
            if _is_everyones(error):
                raise
            return Refused(row.line, name, source_id, error.reasons)
        except OSError as error:
            return Refused(row.line, name, source_id, (Reason("file", "file-unreadable", f"{error.strerror}."),))
        recording = str(progress.recording)
        journal.delivered(source_id, recording)
        return Taken(row.line, source_id, recording, progress.again)


def _is_everyones(error: Problem) -> bool:
    """Whether the next row would be answered the same: nobody is signed in, may deliver, or answers."""
    return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.slug in {"unauthenticated", "not-allowed"}
