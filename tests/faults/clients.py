"""Clients that go on: over a line that breaks, and a vault that is away for a moment."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx

from tests.builders import chat, started_so_that_it_goes_tomorrow, talk
from tests.faults.ledger import Book, Delivered, Report
from tests.ingest.delivering import BODY, metadata, pcm
from tests.world import As, call

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1
AWAY: Final = {404, 409, 423, 429, 502, 503, 504}
"""Answers that a client understands as: not now, not so, or (404) from the beginning; it goes on."""

FINAL: Final = {404, 409}
"""What a person does not ask again: what is done already (by a request whose answer was lost) is a conflict."""

GONE: Final = {403, 410}
"""Answers once a contract is over."""

TOO_LATE: Final = ("time was up", "nothing more is stored")
"""In the answer to what comes after its day or after the contract's."""


class GaveUp(Exception):
    """The vault answered nothing useful for a minute."""


@dataclass(frozen=True)
class Source:
    """One telephony system of one controller."""

    book: Book
    report: Report
    dice: random.Random

    async def deliver(self) -> None:
        """Deliver one new recording until it is acknowledged, unless its time or the contract is over first."""
        one = self._new()
        self.book.delivered.append(one)
        way = self.dice.choice(("whole", "pieces", "pieces", "broken"))
        send = self._whole if way == "whole" else self._in_pieces
        self.report.operations[f"ingest {way}"] += 1
        try:
            one.recording = await self._until_acknowledged(lambda: send(one, breaking=way == "broken"))
        except GaveUp:
            self.report.violated(f"{self.book.house.slug}: {one.source_id} was never acknowledged")

    def _new(self) -> Delivered:
        now = self.book.house.world.now()
        if self.dice.random() < 0.3:
            digits = "".join(self.dice.choices("123456789", k=7))
            said, content = chat(kind="chatbot"), talk(f"My reference is {digits}.", "Thank you.")
            return _delivered(content, call(**said, started_at=now.isoformat()))
        content = _noise(self.dice)
        going = self.dice.random() < 0.6
        started = started_so_that_it_goes_tomorrow(now, months=6) if going else now
        return _delivered(content, call(started_at=started.isoformat()))

    async def _until_acknowledged(self, send: Callable[[], Awaitable[httpx.Response]]) -> UUID | None:
        """Try again what was not answered; None where the contract is over."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = await answered(send())
            if answer is not None:
                if recording := answer.headers.get("vault-recording"):
                    return UUID(recording)
                if answer.status_code in GONE or any(words in answer.text for words in TOO_LATE):
                    self.report.operations["refused, being too late"] += 1
                    return None
                if answer.status_code not in AWAY and answer.is_error:
                    route = f"{answer.request.method} /v1/uploads"
                    self.report.violated(f"{route} answered {answer.status_code}: {answer.text[:300]}")
                    if answer.is_client_error:
                        return None
            await asyncio.sleep(PAUSE_SECONDS)
        raise GaveUp

    async def _whole(self, one: Delivered, *, breaking: bool) -> httpx.Response:
        machine = await self.book.house.machine()
        return await machine.post("/v1/uploads", content=one.content, headers=_headers(one) | {"content-type": BODY})

    async def _in_pieces(self, one: Delivered, *, breaking: bool) -> httpx.Response:
        """Begin, or ask how far it is, then send piece after piece; the answer to the last request of these."""
        machine = await self.book.house.machine()
        answer = await machine.post("/v1/uploads", headers=_headers(one))
        if answer.is_error or "vault-recording" in answer.headers:
            return answer
        url, offset = answer.headers["location"], 0
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            sent = await self._piece(one, url, offset, breaking=breaking)
            if sent is None or sent.status_code in AWAY:
                await asyncio.sleep(PAUSE_SECONDS)
                sent = await answered(machine.request("HEAD", url, headers={"tus-resumable": "1.0.0"}))
            if sent is None or sent.status_code in AWAY - {404}:
                continue
            if sent.is_error or "vault-recording" in sent.headers:
                return sent
            offset = int(sent.headers["upload-offset"])
        raise GaveUp

    async def _piece(self, one: Delivered, url: str, offset: int, *, breaking: bool) -> httpx.Response | None:
        """Send what comes next, sometimes over a line that breaks half-way."""
        machine = await self.book.house.machine()
        piece = one.content[offset : offset + self.dice.randint(1, 1 + len(one.content) // 3)]
        body: Any = _broken_off(piece) if breaking and self.dice.random() < 0.3 else piece
        headers = {"tus-resumable": "1.0.0", "upload-offset": str(offset), "content-type": BODY}
        return await answered(machine.request("PATCH", url, content=body, headers=headers))


async def answered(request: Awaitable[httpx.Response]) -> httpx.Response | None:
    """The answer, or None where the line broke."""
    try:
        return await request
    except (httpx.TransportError, _BrokenOff):
        return None


async def asked(person: As, report: Report, method: str, path: str, **how: object) -> httpx.Response | None:
    """The answer to a person's request, however often it has to be made; None where there is none for a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = await answered(person.request(method, path, **how))
        if answer is not None and answer.status_code not in AWAY - FINAL:
            if answer.status_code >= 500:
                report.violated(f"{method} {path} was answered {answer.status_code}: {answer.text[:300]}")
            return answer
        await asyncio.sleep(PAUSE_SECONDS)
    report.violated(f"{method} {path} was never answered")
    return None


class _BrokenOff(Exception):
    """A client's line broke in the middle of a body."""


async def _broken_off(piece: bytes) -> AsyncIterator[bytes]:
    yield piece[: len(piece) // 2]
    raise _BrokenOff


def _headers(one: Delivered) -> dict[str, str]:
    said = metadata(**one.said)
    return {"tus-resumable": "1.0.0", "upload-length": str(len(one.content)), "upload-metadata": said}


def _delivered(content: bytes, said: dict[str, Any]) -> Delivered:
    return Delivered(source_id=said["source_id"], content=content, said=said)


def _noise(dice: random.Random) -> bytes:
    """A WAV of a few seconds that sounds like no other."""
    head = pcm(44 + 2 * dice.randint(4_000, 150_000))
    return head[:44] + dice.randbytes(len(head) - 44)
