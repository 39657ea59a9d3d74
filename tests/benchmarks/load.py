"""Load comes from processes of its own, so that what is measured is the server and not who drives it.

`python -m tests.benchmarks.load` reads one JSON line of orders, then runs one round for each line it gets and answers
with the seconds that the round took.
"""

import base64
import io
import json
import os
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import repeat
from random import randrange
from threading import local
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
from botocore.config import Config

MINUTE = 60


@contextmanager
def generator(**orders: Any) -> Iterator[Callable[[], float]]:
    """A load generator in a process of its own; each call runs one round and gives its seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout
    orders_in, answers = process.stdin, process.stdout

    def ask(line: str) -> float:
        print(line, file=orders_in, flush=True)
        return float(answers.readline())

    try:
        ask(json.dumps(orders))
        yield lambda: ask("again")
    finally:
        orders_in.close()
        process.wait(MINUTE)


def sound(size: int) -> bytes:
    """A WAV of exactly `size` bytes that no compression makes smaller."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(os.urandom(size - 44))
    return file.getvalue()


class Uploads:
    """Deliver recordings through the API; `in_pieces`: begin first, then send the bytes."""

    def __init__(self, url: str, token: str, size: int, *, in_pieces: bool = False) -> None:
        self._address = urlsplit(url).netloc
        self._token = token
        self._sound = sound(size)
        self._in_pieces = in_pieces
        self._mine = local()

    def one(self) -> None:
        """Deliver one recording and see that it was acknowledged."""
        headers = self._headers() | {"upload-length": str(len(self._sound)), "upload-metadata": _said()}
        if not self._in_pieces:
            self._send("POST", "/v1/uploads", self._sound, headers)
            return
        location = self._send("POST", "/v1/uploads", b"", headers)
        self._send("PATCH", location, self._sound, self._headers() | {"upload-offset": "0"})

    def _headers(self) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self._token}",
            "tus-resumable": "1.0.0",
            "content-type": "application/offset+octet-stream",
        }

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> str:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection(self._address, timeout=10 * MINUTE)
        self._mine.connection.request(method, path, body, headers)
        answer = self._mine.connection.getresponse()
        text = answer.read()
        done = answer.headers["Upload-Offset"] == str(len(body)) and (not body or answer.headers["Vault-Recording"])
        if answer.status not in (201, 204) or not done:
            raise SystemExit(f"{method} {path}: {answer.status} {text!r}")
        return str(answer.headers.get("Location", ""))


class Puts:
    """Bare boto3 `put_object` of the same bytes, in its default configuration."""

    def __init__(self, url: str, bucket: str, access_key: str, secret_key: str, size: int) -> None:
        self._bucket = bucket
        self._body = sound(size)
        self._client = _store(url, access_key, secret_key)

    def one(self) -> None:
        """Store one object under a fresh name."""
        self._client.put_object(Bucket=self._bucket, Key=str(uuid4()), Body=self._body)


class Reads:
    """Listen through the API to one recording under an access: all of it, or `span` bytes from anywhere."""

    def __init__(self, url: str, token: str, path: str, size: int, span: int | None = None) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"authorization": f"Bearer {token}"}
        self._path = path
        self._where = _Where(size, span)
        self._mine = local()

    def one(self) -> None:
        """Read once, and see that all of it came."""
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection(self._address, timeout=10 * MINUTE)
        headers = self._headers | ({"range": asked} if (asked := self._where.next()) else {})
        self._mine.connection.request("GET", self._path, headers=headers)
        answer = self._mine.connection.getresponse()
        if len(answer.read()) != self._where.span:
            raise SystemExit(f"GET {self._path}: {answer.status}")


class Gets:
    """Bare boto3 `get_object` of as many bytes, whole or ranged, in its default configuration."""

    def __init__(self, url: str, bucket: str, key: str, size: int, span: int | None = None, **keys: str) -> None:
        self._object = {"Bucket": bucket, "Key": key}
        self._where = _Where(size, span)
        self._client = _store(url, keys["access_key"], keys["secret_key"])

    def one(self) -> None:
        """Read once, and see that all of it came."""
        ranged = {"Range": asked} if (asked := self._where.next()) else {}
        if len(self._client.get_object(**self._object, **ranged)["Body"].read()) != self._where.span:
            raise SystemExit("the store gave fewer bytes")


class _Where:
    """Which bytes are read next: everything, or a span somewhere, each time elsewhere."""

    def __init__(self, size: int, span: int | None) -> None:
        self.span = span or size
        self._size = size
        self._whole = span is None

    def next(self) -> str | None:
        """The range to ask for."""
        if self._whole:
            return None
        start = randrange(self._size - self.span)  # noqa: S311 - a place to listen at
        return f"bytes={start}-{start + self.span - 1}"


def _store(url: str, access_key: str, secret_key: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="eu-north-1",
        config=Config(signature_version="s3v4", max_pool_connections=64),
    )


def _said() -> str:
    started_at = datetime.now(UTC) - timedelta(hours=2)
    recording = {
        "kind": "call",
        "source_id": str(uuid4()),
        "media_type": "audio/wav",
        "started_at": started_at.isoformat(),
        "contact": {"caller_number": "+358 50 123 4567", "agent_id": "agent-1"},
    }
    return f"recording {base64.b64encode(json.dumps(recording).encode()).decode()}"


def _run(one: Callable[[], None], threads: ThreadPoolExecutor, count: int) -> float:
    started = time.perf_counter()
    for _ in threads.map(lambda work: work(), repeat(one, count)):
        pass
    return time.perf_counter() - started


def main() -> None:
    """Take orders, make ready, and run a round for each line."""
    orders = json.loads(sys.stdin.readline())
    make = {"uploads": Uploads, "puts": Puts, "reads": Reads, "gets": Gets}[orders.pop("what")]
    at_once, count = orders.pop("at_once"), orders.pop("count")
    load = make(**orders)
    with ThreadPoolExecutor(at_once) as threads:
        print(0.0, flush=True)  # noqa: T201 - the answer that it is ready
        for _ in sys.stdin:
            print(_run(load.one, threads, count), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
