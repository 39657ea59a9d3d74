"""Each part is sealed under its own key, wrapped by the key that goes when the part goes, on its way to the store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from tenants.expiry import Expiry
from tenants.recordings import PartClass
from vault.custody.custody import Custody
from vault.custody.keys import KeyMissing, ShredKey, ShredKeyId
from vault.custody.objects import Objects
from vault.custody.sealed import DataKey, Header, Opener, Place, Sealer, sealed_size
from vault.custody.sealed_header import COMMITMENT, HEADER_LIMIT, SALT

PREFIX_LIMIT: Final = HEADER_LIMIT + SALT + COMMITMENT
"""No sealed part's prefix is longer."""

Piece = bytes | memoryview


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A part before its content: what it is called, when it goes, and the key that seals it."""

    name: str
    part_class: PartClass
    expiry: Expiry
    header: Header
    data_key: DataKey = field(repr=False)

    @property
    def object_key(self) -> str:
        """Where the part lies in its controller's bucket: ids and the part's name, nothing of a person."""
        return object_key(self.header.place, self.header.key_id)

    @property
    def folder(self) -> str:
        """Where everything lies that is sealed for this recording under the same shred key."""
        return folder(self.header.key_id, self.header.place.recording)


class Lies(NamedTuple):
    """Where a sealed object lies in its controller's bucket."""

    object_key: str
    version_id: str


@dataclass(frozen=True, kw_only=True)
class StoredPart:
    """A part where it lies: in the store, under `version_id`, or (`sealed`) to lie in the catalogue."""

    envelope: Envelope
    version_id: str
    plain_size: int
    sealed_size: int
    sealed_sha256: bytes
    prefix: bytes
    sealed: bytes | None = None

    @property
    def lies(self) -> Lies:
        """Where it lies in the store."""
        return Lies(self.envelope.object_key, self.version_id)


class Envelopes:
    """Makes the envelopes of one recording's parts."""

    def __init__(self, custody: Custody, tenant: UUID, recording: UUID) -> None:
        self._custody = custody
        self._tenant = tenant
        self._recording = recording

    async def make(
        self, name: str, part_class: PartClass, expiry: Expiry, media_type: str, *, now: datetime
    ) -> Envelope:
        """An envelope with a fresh data key.

        Raises:
            KeyDestroyed: the part's time is up, or the controller's keys are gone.
        """
        key = await self.shred_key(part_class, expiry, now=now)
        data_key = self._custody.keyring.new_data_key()
        place = Place(self._tenant, self._recording, name)
        header = Header(place, str(key.id), key.wrap(data_key, place), media_type)
        return Envelope(name=name, part_class=part_class, expiry=expiry, header=header, data_key=data_key)

    async def shred_key(self, part_class: PartClass, expiry: Expiry, *, now: datetime) -> ShredKey:
        """The key that goes when parts of this class and expiry go, made if it is the first of them."""
        key_id = ShredKeyId(self._tenant, part_class.value, expiry.destroy_at)
        keyring = self._custody.keyring
        try:
            return keyring.find_newest(key_id, now=now)
        except KeyMissing:
            return await asyncio.to_thread(keyring.newest, key_id, now=now)


def folder(key_id: str, recording: UUID) -> str:
    """Where the store keeps what is sealed for a recording under a shred key: under that key, so that what it opened
    is one listing once it is gone.
    """
    return f"{key_id}/{recording}"


def object_key(place: Place, key_id: str) -> str:
    """The name under which the store keeps what is sealed for a place under a shred key."""
    return f"{folder(key_id, place.recording)}/{place.part}"


def seal_small(envelope: Envelope, content: bytes) -> StoredPart:
    """Seal a part of a few kilobytes, which lies in the catalogue and nowhere else.

    A store takes as long for it as for a megabyte, and as much for each of its versions when it has to go.
    """
    sealer = Sealer(envelope.data_key, envelope.header)
    sealed = b"".join((sealer.prefix, sealer.update(content), sealer.finalize()))
    return _stored_part(envelope, "", len(content), sealed, sealer.prefix, kept=sealed)


async def put(objects: Objects, bucket: str, envelope: Envelope, content: Piece) -> StoredPart:
    """Seal and store content that is at hand."""
    sealer = Sealer(envelope.data_key, envelope.header)
    sealed = b"".join((sealer.prefix, sealer.update(content), sealer.finalize()))
    stored = await objects.put(bucket, envelope.object_key, len(sealed), sealed)
    return _stored_part(envelope, stored.version_id, len(content), sealed, sealer.prefix)


def _stored_part(
    envelope: Envelope, version_id: str, size: int, sealed: bytes, prefix: bytes, *, kept: bytes | None = None
) -> StoredPart:
    return StoredPart(
        envelope=envelope,
        version_id=version_id,
        plain_size=size,
        sealed_size=len(sealed),
        sealed_sha256=hashlib.sha256(sealed).digest(),
        prefix=prefix,
        sealed=kept,
    )


async def put_stream(
    objects: Objects, bucket: str, envelope: Envelope, content: AsyncIterator[Piece], size: int
) -> StoredPart:
    """Seal content of exactly `size` bytes as it comes and store it, in constant memory.

    Raises:
        ObjectSizeMismatch: the content is longer or shorter; nothing is stored.
        Exception: whatever `content` raises; nothing is stored.
    """
    sealer = Sealer(envelope.data_key, envelope.header)
    digest = hashlib.sha256()

    async def sealed() -> AsyncIterator[Piece]:
        digest.update(sealer.prefix)
        yield sealer.prefix
        async for piece in content:
            chunks = sealer.update(piece)
            digest.update(chunks)
            yield chunks
        last = sealer.finalize()
        digest.update(last)
        yield last

    whole = sealed_size(size, envelope.header)
    stored = await objects.put(bucket, envelope.object_key, whole, sealed())
    return StoredPart(
        envelope=envelope,
        version_id=stored.version_id,
        plain_size=size,
        sealed_size=whole,
        sealed_sha256=digest.digest(),
        prefix=sealer.prefix,
    )


async def opened(
    custody: Custody, bucket: str, place: Place, lies: Lies, *, now: datetime
) -> AsyncIterator[memoryview]:
    """The content of a sealed object, piece by piece; its own header names the key.

    Raises:
        SealedInvalid: it is not what was sealed for this place.
        KeyDestroyed: its time is up.
        ObjectError: the store does not give it.
    """
    async with aclosing(custody.objects.get(bucket, lies.object_key, lies.version_id)) as pieces:
        head = b""
        async for piece in pieces:
            head += piece
            if len(head) >= PREFIX_LIMIT:
                break
        header = Header.read(head)
        key = custody.keyring.find(ShredKeyId.parse(place.tenant, header.key_id), now=now)
        opener = Opener(key.unwrap(header.wrapped_key, place), place, head[: header.prefix_size])
        yield opener.update(head[header.prefix_size :])
        async for piece in pieces:
            yield opener.update(piece)
        yield memoryview(opener.finalize())
