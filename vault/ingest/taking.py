"""One request's bytes are kept at hand, in passing or piece by piece: by how many there are and who may resume.

    whole, at most 2 MiB (a transcript: 4)   read into memory, decoded, sealed, stored
    whole, a call                            decoded and sealed as it passes by: up to 16 MiB, or a POST of any size
    anything else                            sealed pieces of at most 8 MiB wait in the store until the last has come

A POST's client learns the upload's address only by the answer, so a POST that breaks off cannot be resumed and its
pieces need not wait. The last piece is acknowledged only with the whole recording: no client ever sees the full offset
of something that is not stored.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from tenants.decisions import Refused
from tenants.recordings import Kind, PartClass
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.keys import KeyringError
from vault.errors import TooLarge
from vault.ingest import transcripts, uploads
from vault.ingest.admitting import Admission
from vault.ingest.cataloguing import Moved, catalogue
from vault.ingest.incoming import BrokenOff, Incoming
from vault.ingest.keeping import Keeper
from vault.ingest.staging import Staging, remove, tidy
from vault.ingest.uploads import LASTS, Segment, Stored, Upload

AT_HAND: Final = 2 << 20
"""The most bytes of a call that are held in memory at once."""

WITH_DIGITS_LASTS: Final = timedelta(minutes=10)
"""How long a talk waits whose digits are yet to be cut out, also one whose digits may not be kept any more."""

PASSING: Final = 16 << 20
"""The most bytes that a PATCH risks sending again when it breaks off."""


RESEALING: Final = asyncio.Semaphore(4)
"""How many recordings are put together from their pieces at once: more would make each slower and take more memory."""


@dataclass(frozen=True)
class Taking:
    """One request to one admitted upload. `resumable` says whether the client knows where to go on."""

    custody: Custody
    caller: Caller
    admission: Admission
    upload: Upload
    incoming: Incoming
    resumable: bool

    async def take(self) -> Stored | Upload:
        """Take the request's bytes.

        Returns:
            The recording, where it is now complete and durable; else the upload as it stands.

        Raises:
            Moved: another request has moved the upload on or ended it.
            VaultError, Refused, KeyringError, ObjectError: nothing more is acknowledged than was before, except whole
                pieces of a request that broke off.
        """
        if self.incoming.size is not None and self.incoming.size > self.upload.missing:
            raise TooLarge(f"The upload lacks {self.upload.missing} bytes and no more.")
        whole = self.upload.received == 0 and self.incoming.size == self.upload.length
        if whole and self.upload.length <= self._most_at_hand:
            return await self._take_at_hand()
        if whole and (not self.resumable or self.upload.length <= PASSING):
            return await self._take_passing()
        return await self._take_pieces()

    async def _take_at_hand(self) -> Stored:
        delivered = await self.incoming.read(self.upload.length)
        if len(delivered) < self.upload.length:
            raise BrokenOff
        self.incoming.verify()
        return await self._finish(self.upload, partial(self._keep, delivered=delivered))

    async def _take_passing(self) -> Stored:
        async def keep(keeper: Keeper) -> None:
            await keeper.keep_passing_call(self.incoming.exactly_verified(self.upload.length), self.upload.length)

        return await self._finish(self.upload, keep)

    async def _take_pieces(self) -> Stored | Upload:
        staging = Staging(self.custody, self.admission, self.upload, now=self.custody.clock.now())
        upload, waiting = self.upload, list[Segment]()
        try:
            async with aclosing(staging.store(upload.received, self.incoming)) as pieces:
                async for piece in pieces:
                    waiting.append(piece)
                    if self.incoming.checksum is None and not _completes(upload, waiting):
                        upload, waiting = await self._acknowledge(upload, waiting), []
            if self.incoming.size is None and await self.incoming.has_more():
                raise TooLarge(f"The upload has {upload.length} bytes and no more.")
            self.incoming.verify()
            last = [waiting.pop()] if _completes(upload, waiting) else []
            if waiting:
                upload, waiting = await self._acknowledge(upload, waiting), []
            waiting = last
            return await self._finish_pieces(staging, upload, last) if last else upload
        except BaseException:
            await staging.discard(waiting)
            raise

    async def _acknowledge(self, upload: Upload, pieces: list[Segment]) -> Upload:
        now = self.custody.clock.now()
        async with tenant_scope(upload.tenant):
            advanced = await uploads.advance(upload, pieces, expires_at=expiry_of(self.admission, now), now=now)
        if advanced is None:
            raise Moved
        return advanced

    async def _finish_pieces(self, staging: Staging, upload: Upload, last: list[Segment]) -> Stored:
        pieces = [*upload.segments, *last]

        async def keep(keeper: Keeper) -> None:
            if upload.length > self._most_at_hand:
                await keeper.keep_passing_call(staging.read(pieces), upload.length)
            else:
                await self._keep(keeper, b"".join([bytes(piece) async for piece in staging.read(pieces)]))

        async with RESEALING:
            stored = await self._finish(upload, keep)
        await tidy(self.custody, self.admission.bucket, upload.tenant, upload.id)
        return stored

    async def _keep(self, keeper: Keeper, delivered: bytes) -> None:
        is_call = self.admission.metadata.kind is Kind.CALL
        await (keeper.keep_call(delivered) if is_call else keeper.keep_transcript(delivered))

    async def _finish(self, upload: Upload, keep: Callable[[Keeper], Awaitable[None]]) -> Stored:
        """Put the parts into the store and make a recording of them.

        What is stored is removed again only where it is certain that no recording was made of it: a commit whose
        answer got lost may have been one.
        """
        keeper = Keeper(self.custody, self.admission, upload, now=self.custody.clock.now())
        try:
            await keep(keeper)
        except Exception:
            await self._remove(keeper)
            raise
        try:
            now = self.custody.clock.now()
            stored = await catalogue(self.custody, self.caller, self.admission, upload, keeper, now=now)
        except (Moved, Refused, KeyringError):
            await self._remove(keeper)
            raise
        if stored.recording != upload.id:
            await self._remove(keeper)
        return stored

    async def _remove(self, keeper: Keeper) -> None:
        named = [(part.envelope.object_key, part.version_id) for part in keeper.parts if part.version_id]
        await remove(self.custody, self.admission.bucket, named)

    @property
    def _most_at_hand(self) -> int:
        return AT_HAND if self.admission.metadata.kind is Kind.CALL else transcripts.MOST_BYTES


def _completes(upload: Upload, pieces: list[Segment]) -> bool:
    return upload.received + sum(piece.size for piece in pieces) == upload.length


def expiry_of(admission: Admission, now: datetime) -> datetime:
    """How long an upload waits for its next bytes: not longer than what it holds may be kept."""
    waits = WITH_DIGITS_LASTS if PartClass.IDENTIFIERS in admission.expiries else LASTS
    _, expiry = admission.waiting(now)
    return now + waits if expiry.destroy_at is None else min(now + waits, expiry.destroy_at)
