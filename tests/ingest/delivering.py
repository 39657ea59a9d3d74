"""Uploads as a telephony system makes them: tus requests of one machine, and a look at what they left behind."""

import base64
import hashlib
import json
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.world import As, House, World, call
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.objects import Version
from vault.custody.sealed import Header, Place, open_sealed

BODY = "application/offset+octet-stream"


@dataclass(frozen=True)
class Tus:
    """One machine of one controller, speaking tus."""

    world: World
    house: House
    machine: As

    async def begin(
        self, length: int, body: bytes | AsyncIterator[bytes] | None = None, *, headers: Any = None, **said: Any
    ) -> httpx.Response:
        """POST: begin an upload; with a body, creation-with-upload."""
        sent = {"tus-resumable": "1.0.0", "upload-length": str(length), "upload-metadata": metadata(**said)}
        if body is not None:
            sent["content-type"] = BODY
        return await self.machine.post("/v1/uploads", content=body or b"", headers=sent | (headers or {}))

    async def begun(self, length: int, **said: Any) -> str:
        """The address of a new upload."""
        answer = await self.begin(length, **said)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    async def send(
        self, url: str, offset: int, body: bytes | AsyncIterator[bytes], *, headers: Any = None
    ) -> httpx.Response:
        """PATCH: the bytes at an offset."""
        sent = {"tus-resumable": "1.0.0", "upload-offset": str(offset), "content-type": BODY}
        return await self.machine.request("PATCH", url, content=body, headers=sent | (headers or {}))

    async def ask(self, url: str, *, machine: As | None = None) -> httpx.Response:
        """HEAD: how far the upload is."""
        return await (machine or self.machine).request("HEAD", url, headers={"tus-resumable": "1.0.0"})

    async def end(self, url: str) -> httpx.Response:
        """DELETE: terminate the upload."""
        return await self.machine.delete(url, headers={"tus-resumable": "1.0.0"})

    async def stored(self, key: str | UUID = "") -> list[Version]:
        """What the store holds of a recording or upload, or of the whole controller."""
        async with tenant_scope(self.house.tenant):
            bucket = (await DB.fetch("SELECT bucket FROM controller WHERE id = $1", self.house.tenant))[0][0]
        whose = str(key).rpartition("/")[2]
        versions = self.world.custody.objects.versions(bucket)
        return [version async for version in versions if not whose or version.key.split("/")[-2] == whose]

    async def stored_names(self, key: str | UUID) -> list[str]:
        """The names of the parts and pieces that the store holds of a recording or upload, one for each version."""
        return [version.key.rpartition("/")[2] for version in await self.stored(key)]

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of the controller's own; the log is sealed."""
        async with tenant_scope(self.house.tenant):
            await audit.seal(self.house.tenant)
            return [dict(row) for row in await DB.fetch(sql, *arguments)]

    async def part(self, recording: UUID, name: str) -> bytes | None:
        """A part's content, opened as the vault would open it; None where there is no such part."""
        rows = await self.rows("SELECT * FROM part WHERE recording_id = $1 AND name = $2", recording, name)
        if not rows:
            return None
        row, keyring = rows[0], self.world.custody.keyring
        sealed = row["sealed"]
        if not row["object_version"]:
            assert not [version for version in await self.stored(recording) if version.key == row["object_key"]]
        else:
            bucket = (await self.rows("SELECT bucket FROM controller WHERE id = $1", self.house.tenant))[0]["bucket"]
            sealed = await self.world.custody.objects.get_all(bucket, row["object_key"], row["object_version"])
        assert hashlib.sha256(sealed).digest() == row["sealed_sha256"]
        assert len(sealed) == row["sealed_size"]
        assert sealed.startswith(row["prefix"])
        header = Header.read(sealed)
        assert (header.key_id, header.wrapped_key) == (row["shred_key_id"], row["wrapped_key"])
        key = keyring.find(ShredKeyId.parse(self.house.tenant, header.key_id), now=self.world.now())
        place = Place(self.house.tenant, recording, name, 1)
        content = open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
        assert len(content) == row["plain_size"]
        return content

    async def events(self, object_id: UUID | str) -> list[dict[str, Any]]:
        """What the log says of an upload or recording."""
        rows = await self.rows("SELECT body FROM audit_event WHERE object_id = $1 ORDER BY seq", UUID(str(object_id)))
        return [json.loads(row["body"]) for row in rows]


def metadata(**said: Any) -> str:
    """Upload-Metadata of a call, with changes."""
    recording = json.dumps(call(**said), default=str).encode()
    return f"recording {base64.b64encode(recording).decode()},filename {base64.b64encode(b'call.wav').decode()}"


def checksum(body: bytes, algorithm: str = "sha1") -> str:
    """Upload-Checksum of a body."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def recording_of(answer: httpx.Response) -> UUID:
    """The recording that an answer acknowledges."""
    assert answer.status_code in (201, 204), f"{answer.status_code} {answer.text}"
    return UUID(answer.headers["vault-recording"])


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem that an answer tells, in the version of the protocol."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["tus-resumable"] == "1.0.0"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"urn:recording-vault:problem:{slug}"
    assert told["status"] == status
    return told


def pcm(size: int) -> bytes:
    """A WAV of exactly so many bytes."""
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    sound = struct.pack("<I", size - 44)
    ramp = b"".join(value.to_bytes(2, "little") for value in range(0, 20_000, 7))
    data = (ramp * (size // len(ramp) + 1))[: size - 44]
    return b"RIFF" + struct.pack("<I", size - 8) + b"WAVEfmt \x10\0\0\0" + form + b"data" + sound + data
