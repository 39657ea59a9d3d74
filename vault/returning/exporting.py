"""Everything that stands is returned archive by archive; whoever is killed on the way is followed by the next.

An archive is written down with its hash or made again. Before the receipt parts go on their days as ever: an archive
here that holds such a part is withdrawn, made again without it, and the manifest anew.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyringError
from vault.custody.objects import ObjectError, Objects, ObjectsRefused, PartedUpload
from vault.custody.register import Tenancy, tenancy
from vault.packages.age import seal_to_age
from vault.packages.sealed_sizes import SealedSizes
from vault.returning import archives, manifests
from vault.returning.archives import MadeArchive
from vault.returning.packing import Packing, PartDamaged
from vault.returning.recipients import Destination, Recipient, credentials_of, current, note_failure
from vault.returning.selection import Position, StandingRecording, batch

log = structlog.get_logger()

NOTHING = SealedSizes(0, b"", 0, b"")


@dataclass(frozen=True)
class Store:
    """Where the archives go."""

    objects: Objects
    bucket: str


async def is_waiting(tenant: UUID, now: datetime) -> bool:
    """Whether nothing can be done until a person of the controller acts; in its open scope."""
    recipient = await current(tenant)
    if recipient is None:
        return True
    return await archives.manifest(recipient) is not None and not await archives.is_stale(recipient, now)


async def carry_on(custody: Custody, tenant: UUID) -> None:
    """Make what archives are missing or past their day, and the manifest over all of them.

    May be killed anywhere and run again. Without a recipient there is nothing to do.

    Raises:
        ObjectError: a store does not answer; the next run goes on.
    """
    async with tenant_scope(tenant):
        held, recipient = await tenancy(tenant, at=custody.clock.now()), await current(tenant)
        waiting = await is_waiting(tenant, custody.clock.now())
    if recipient is None or waiting:
        return
    try:
        async with _store(custody, held, recipient) as store:
            await _Export(custody, held, recipient, store).run()
    except ObjectError as error:
        await note_failure(recipient, type(error).__name__)
        log.error("return.unfinished", tenant=str(tenant), recipient=str(recipient.id), why=type(error).__name__)
        raise
    await note_failure(recipient, None)


@dataclass
class _Export:
    """The return to one recipient."""

    custody: Custody
    held: Tenancy
    recipient: Recipient
    store: Store
    damaged: frozenset[UUID] = frozenset()

    async def run(self) -> None:
        await self._remove_replaced()
        for archive in await self._made():
            if self.recipient.destination is Destination.ARCHIVES and not archive.is_good(self._now()):
                await self._make_again(archive)
        while await self._make_next():
            pass
        await self._sign()

    def _now(self) -> datetime:
        return self.custody.clock.now()

    async def _made(self) -> list[MadeArchive]:
        async with tenant_scope(self.held.tenant):
            return await archives.made(self.recipient)

    async def _remove_replaced(self) -> None:
        """What was sealed here to a key that was replaced is nobody's any more."""
        mine = f"{archives.PREFIX}{self.recipient.id}/"
        strangers = [
            (version.key, version.version_id)
            async for version in self.custody.objects.versions(self.held.bucket, archives.PREFIX)
            if not version.key.startswith(mine)
        ]
        await self.custody.objects.delete_versions(self.held.bucket, strangers)

    async def _make_again(self, archive: MadeArchive) -> None:
        async with tenant_scope(self.held.tenant):
            await archives.supersede_manifest(self.recipient, now=self._now())
        await archives.withdraw(self.recipient, archive.number)
        await self._make(archive.number, archive.first, archive.last)

    async def _make_next(self) -> bool:
        """The archive after the last; False where nothing more stands."""
        made = await self._made()
        after = made[-1].last if made else None
        return await self._make(len(made) + 1, after, None)

    async def _make(self, number: int, after: Position | None, last: Position | None) -> bool:
        """Make one archive, again without each part that turns out to be damaged."""
        while True:
            async with tenant_scope(self.held.tenant):
                recordings = await batch(self.held.tenant, after, last, now=self._now())
            if not recordings and last is None:
                return False
            end = last or Position(recordings[-1].started_at, recordings[-1].id)
            try:
                await self._write(number, after, end, [one for one in recordings if one.parts])
            except PartDamaged as error:
                self.damaged |= {error.part}
                log.error("return.part_damaged", tenant=str(self.held.tenant), part=str(error.part))
            else:
                return True

    async def _write(
        self, number: int, after: Position | None, last: Position, recordings: list[StandingRecording]
    ) -> None:
        key = archives.object_key(self.recipient, number)
        await self._clear(key)
        packing = Packing(self.custody, self.held.tenant, self.held.bucket, number, recordings, self.damaged)
        sealed, version = await self._send(key, packing) if recordings else (NOTHING, "")
        days = [part.destroy_at for one in recordings for part in one.parts if part.destroy_at and not part.held]
        archive = MadeArchive(
            number=number,
            object_key=key,
            object_version=version,
            size=sealed.size,
            sha256=sealed.sha256,
            plain_size=sealed.plain_size,
            plain_sha256=sealed.plain_sha256,
            listing_sha256=packing.listing_sha256,
            recordings=len(recordings),
            restricted=sum(one.restricted for one in recordings),
            damaged=packing.damaged_parts,
            parts=packing.parts,
            first=after,
            last=last,
            good_until=min(days, default=None),
            made_at=self._now(),
        )
        async with tenant_scope(self.held.tenant):
            await archives.write_down(self.recipient, archive)

    async def _send(self, key: str, packing: Packing) -> tuple[SealedSizes, str]:
        upload = await self.store.objects.begin_parted(self.store.bucket, key)
        try:
            sealed = await seal_to_age(self.recipient.public_key, packing.tar(), upload)
            # A bucket that keeps no versions has one of each object.
            return sealed, await upload.complete() or "null"
        except BaseException:
            await _abort(upload)
            raise

    async def _clear(self, key: str) -> None:
        """Remove what an attempt left that was killed; in the controller's own bucket that is not ours to do."""
        if self.recipient.destination is Destination.ARCHIVES:
            await self.store.objects.discard(self.store.bucket, key)

    async def _sign(self) -> None:
        """Make the manifest, once everything that stands is in an archive."""
        now = self._now()
        listed = [_listed(archive) for archive in await self._made() if archive.recordings]
        manifest = manifests.make(self.held, self.recipient.id, self.recipient.public_key, listed, now=now)
        file = manifests.sign(manifest, self.custody.keyring.signing_key())
        if self.recipient.place is not None:
            await self._put(f"{self.recipient.place.prefix}{archives.MANIFEST}", file.encode())
        sha256 = manifests.digest(file)
        async with tenant_scope(self.held.tenant):
            await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", self.held.tenant)
            if not await archives.insert_manifest(self.held.tenant, self.recipient.id, file, sha256, now=now):
                return
            details = {
                "manifest_sha256": sha256.hex(),
                "archives": len(listed),
                "recordings": manifest.recordings,
                "damaged": manifest.damaged,
            }
            event = audit.Event(act="return.ready", actor=None, object_id=self.recipient.id, details=details)
            await audit.record(self.held.tenant, event, now=now)

    async def _put(self, key: str, content: bytes) -> None:
        upload = await self.store.objects.begin_parted(self.store.bucket, key)
        try:
            await upload.add(content)
            await upload.complete()
        except BaseException:
            await _abort(upload)
            raise


async def _abort(upload: PartedUpload) -> None:
    with suppress(ObjectError):
        await upload.abort()


@asynccontextmanager
async def _store(custody: Custody, held: Tenancy, recipient: Recipient) -> AsyncIterator[Store]:
    """The vault's own store, or the controller's with its credentials.

    Raises:
        ObjectsRefused: the credentials are gone.
    """
    if recipient.place is None:
        yield Store(custody.objects, held.bucket)
        return
    place = recipient.place
    try:
        opened = await credentials_of(custody, recipient)
    except KeyringError as error:
        raise ObjectsRefused("What opens the controller's bucket is gone.") from error
    credentials: dict[str, Any] = {"access_key": opened.access_key, "secret_key": opened.secret_key}
    async with Objects.open(place.endpoint, region=place.region, **credentials) as objects:
        yield Store(objects, place.bucket)


def _listed(archive: MadeArchive) -> manifests.Archive:
    return manifests.Archive(
        number=archive.number,
        name=archive.name,
        size=archive.size,
        sha256=archive.sha256.hex(),
        plain_size=archive.plain_size,
        plain_sha256=archive.plain_sha256.hex(),
        listing_sha256=archive.listing_sha256.hex(),
        recordings=archive.recordings,
        parts=archive.parts,
        restricted=archive.restricted,
        damaged=archive.damaged,
    )
