"""A file is delivered by tus 1.0.0: a short one in one request, a long one in pieces that a broken line cannot lose."""

import base64
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec

from tenants.recordings import Metadata
from vault.client.http import Client, Problem, Unreachable
from vault.client.journal import Journal

PIECE = 8 << 20
"""Bytes of one request: as many as the vault keeps at once, and as a broken line can cost."""

PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries while nothing goes forward; after the last one it is given up."""

PATH = "/v1/uploads"
PASSING = {
    HTTPStatus.CONFLICT,  # another offset: the request before brought more than was answered
    HTTPStatus.TOO_MANY_REQUESTS,
    460,  # tus: the bytes were altered on the way
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Answers after which the same upload may go on."""


class Stopped(Exception):
    """The delivery was told to stop, and did so between two requests."""


@dataclass(frozen=True)
class Progress:
    """How much of a recording is durable, in bytes (None: the vault is to be asked), and its id once all of it is."""

    durable: int | None = None
    recording: str | None = None
    again: bool = False


def ignore(_: int) -> None:
    """Take note of nothing."""


@dataclass(frozen=True)
class Delivery:
    """Delivers files to a vault, also over a line that breaks.

    Args:
        journal: where uploads under way are remembered.
        on_bytes: told how many more bytes are durable.
        stopping: when set, no further request is begun.
        piece: bytes of one request.
        patience: seconds between tries while nothing goes forward.
    """

    client: Client
    journal: Journal = field(default_factory=Journal)
    on_bytes: Callable[[int], None] = ignore
    stopping: threading.Event = field(default_factory=threading.Event)
    piece: int = PIECE
    patience: tuple[float, ...] = PATIENCE

    def deliver(self, file: Path, metadata: Metadata) -> Progress:
        """Deliver one file, to the end: the answer names the recording. The same source id twice is the first one.

        Raises:
            Problem: the vault refuses it.
            Unreachable: the line stayed broken.
            Stopped: on being told to.
            OSError: the file cannot be read.
        """
        size, told, progress = file.stat().st_size, 0, Progress()
        pauses = iter(self.patience)
        while progress.recording is None:
            try:
                progress = self._step(file, size, metadata, progress.durable)
            except (Unreachable, Problem) as error:
                if isinstance(error, Problem) and error.status not in PASSING:
                    raise
                if (pause := next(pauses, None)) is None:
                    raise
                self.stopping.wait(pause)
                progress = Progress()
            if (durable := progress.durable or 0) > told:
                self.on_bytes(durable - told)
                told, pauses = durable, iter(self.patience)
        if told < size:
            self.on_bytes(size - told)
        return progress

    def _step(self, file: Path, size: int, metadata: Metadata, durable: int | None) -> Progress:
        """One request forward."""
        if self.stopping.is_set():
            raise Stopped
        if size <= self.piece:
            return self._begin(metadata, size, file.read_bytes())
        upload = self.journal.upload(metadata.source_id)
        if upload is None:
            return self._begin(metadata, size, b"")
        if durable is None:
            return self._find(upload, metadata)
        with file.open("rb") as opened:
            opened.seek(durable)
            return _progress(self._request("PATCH", upload, opened.read(self.piece), {"upload-offset": str(durable)}))

    def _begin(self, metadata: Metadata, size: int, body: bytes) -> Progress:
        said = base64.b64encode(msgspec.json.encode(metadata)).decode()
        headers = {"upload-length": str(size), "upload-metadata": f"recording {said}"}
        answer = self._request("POST", PATH, body, headers)
        progress = _progress(answer)
        if progress.recording is None:
            # The last piece of the path only: no answer can send the bytes to another address.
            upload = answer.headers["location"].rpartition("/")[2]
            self.journal.begun(metadata.source_id, f"{PATH}/{upload}")
        return progress

    def _find(self, upload: str, metadata: Metadata) -> Progress:
        try:
            return _progress(self._request("HEAD", upload))
        except Problem as error:
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise
            self.journal.begun(metadata.source_id, None)  # it waited too long: from the beginning
            return Progress()

    def _request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {"tus-resumable": "1.0.0"} | (headers or {})
        if body:
            headers["content-type"] = "application/offset+octet-stream"
            headers["upload-checksum"] = f"sha256 {base64.b64encode(hashlib.sha256(body).digest()).decode()}"
        return self.client.request(method, path, content=body, headers=headers)


def _progress(answer: httpx.Response) -> Progress:
    return Progress(
        durable=int(answer.headers["upload-offset"]),
        recording=answer.headers.get("vault-recording"),
        again=answer.headers.get("vault-duplicate") == "true",
    )
