"""Pieces of a long upload wait in the store, each sealed under a key of its own, until the last one has come."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from tenants.recordings import PartClass
from vault.custody.copies import RECORD
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.objects import ObjectError
from vault.custody.sealed import Place
from vault.ingest import uploads
from vault.ingest.admitting import Admission
from vault.ingest.incoming import Incoming
from vault.ingest.parts import Envelope, Envelopes, Lies, Piece, folder, opened, put, put_stream
from vault.ingest.uploads import Segment, Upload, segment_name

SEGMENT: Final = 8 << 20
"""The most bytes of one piece; a request that breaks off loses less than that."""

UNANNOUNCED: Final = 1 << 20
"""The most bytes of one piece where the request does not say its size: the store must be told it beforehand."""

MEDIA_TYPE: Final = "application/octet-stream"

log = structlog.get_logger()


class Staging:
    """Where the pieces of one upload wait."""

    def __init__(self, custody: Custody, admission: Admission, upload: Upload, *, now: datetime) -> None:
        self._custody = custody
        self._admission = admission
        self._upload = upload
        self._now = now
        self._envelopes = Envelopes(custody, admission.tenant, upload.id)

    async def store(self, start: int, incoming: Incoming) -> AsyncGenerator[Segment, None]:
        """Store a request's bytes, which begin at `start` of the upload, piece by piece; each is durable when given."""
        end = self._upload.length if incoming.size is None else start + incoming.size
        while start < end:
            most = min(end - start, SEGMENT)
            if incoming.size is not None:
                segment = await self._put(start, most, incoming)
            elif (piece := await self._put_unannounced(start, most, incoming)) is not None:
                segment = piece
            else:
                return
            yield segment
            start += segment.size

    async def read(self, segments: Iterable[Segment]) -> AsyncIterator[Piece]:
        """What waits here, in order."""
        for segment in segments:
            place = Place(self._admission.tenant, self._upload.id, segment.name)
            lies = Lies(segment.object_key, segment.version_id)
            async for piece in opened(self._custody, self._admission.bucket, place, lies, now=self._now):
                yield piece

    async def discard(self, segments: Iterable[Segment]) -> None:
        """Remove pieces that are not acknowledged."""
        named = [(segment.object_key, segment.version_id) for segment in segments]
        await remove(self._custody, self._admission.bucket, named)

    async def _put(self, start: int, size: int, incoming: Incoming) -> Segment:
        envelope = await self._envelope(start)
        content = incoming.exactly(size)
        stored = await put_stream(self._custody.objects, self._admission.bucket, envelope, content, size)
        return Segment(start, size, stored.version_id, envelope.object_key)

    async def _put_unannounced(self, start: int, most: int, incoming: Incoming) -> Segment | None:
        content = await incoming.read(min(most, UNANNOUNCED))
        if not content:
            return None
        envelope = await self._envelope(start)
        stored = await put(self._custody.objects, self._admission.bucket, envelope, content)
        return Segment(start, len(content), stored.version_id, envelope.object_key)

    async def _envelope(self, start: int) -> Envelope:
        part_class, expiry = self._admission.waiting(self._now)
        envelope = await self._envelopes.make(segment_name(start), part_class, expiry, MEDIA_TYPE, now=self._now)
        await uploads.lie_in(self._upload, envelope.folder)
        return envelope


def folders_of(admission: Admission, upload: UUID, now: datetime) -> tuple[str, ...]:
    """Where objects of an upload will lie, by the days on which they go."""
    content = (PartClass.CONTENT, admission.expiries[PartClass.CONTENT])
    keys = {
        ShredKeyId(admission.tenant, part_class.value, expiry.destroy_at)
        for part_class, expiry in (content, admission.waiting(now))
    }
    return tuple(sorted(folder(str(key), upload) for key in keys))


async def remove(custody: Custody, bucket: str, versions: list[tuple[str, str]]) -> None:
    """Remove objects that nothing speaks of; where the store does not do it now, the sweep does later."""
    if not versions:
        return
    try:
        await custody.objects.delete_versions(bucket, versions)
    except ObjectError as error:
        log.warning("staging.left_behind", objects=len(versions), reason=type(error).__name__)


async def tidy(custody: Custody, bucket: str, tenant: UUID, upload: UUID) -> bool:
    """Remove whatever an upload that is over left in the store beside its recording, if it became one; then its row.

    A copy of the recording's rows that lies there already stays.

    Returns:
        Whether nothing is left; otherwise the sweep tries again.
    """
    async with tenant_scope(tenant):
        kept = await uploads.kept_objects(tenant, upload)
        folders = await uploads.folders(tenant, upload)
    try:
        found = [
            (entry.key, entry.version_id)
            for folder in folders
            async for entry in custody.objects.versions(bucket, f"{folder}/")
            if entry.key != f"{folder}/{RECORD}"
        ]
        await custody.objects.delete_versions(bucket, [version for version in found if version not in kept])
    except ObjectError as error:
        log.warning("staging.left_behind", upload_id=str(upload), reason=type(error).__name__)
        return False
    async with tenant_scope(tenant):
        await uploads.forget(tenant, upload)
    return True
