"""What was delivered becomes parts in the store, each with its own key and its own day."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tenants.expiry import Expiry
from tenants.recordings import ContactField, PartClass
from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.ingest import uploads
from vault.ingest.admitting import Admission
from vault.ingest.audio import AudioFacts, playback_wav, probe
from vault.ingest.listening import Feed, Listener, drawn, in_thread
from vault.ingest.parts import Envelope, Envelopes, Piece, StoredPart, opened, put, put_stream, seal_small
from vault.ingest.transcripts import Cuts, Transcript, canonical, last_moment, read_transcript, split_identifiers
from vault.ingest.uploads import Upload

JSON, PEAKS, WAV = "application/json", "application/octet-stream", "audio/wav"


class Keeper:
    """Puts the parts of one recording where they lie; `parts` are those that are sealed by now."""

    def __init__(self, custody: Custody, admission: Admission, upload: Upload, *, now: datetime) -> None:
        self.parts: list[StoredPart] = []
        self.facts: dict[str, Any] = {}
        self.duration: timedelta | None = None
        self.contact: ContactRecord | None = None
        self.contact_expiry: Expiry | None = None
        self._custody = custody
        self._admission = admission
        self._metadata = admission.metadata
        self._now = now
        self._upload = upload
        self._envelopes = Envelopes(custody, admission.tenant, upload.id)

    async def keep_call(self, sound: bytes) -> None:
        """Keep a call that is at hand whole.

        Raises:
            NotWhatItClaims: it is not the sound that its media type promises; nothing is stored.
        """
        facts = await in_thread(partial(probe, io.BytesIO(sound), self._metadata.media_type))
        await self._store(sound, self._metadata.media_type)
        await self._describe(facts)
        if not facts.browser_playable:
            await self._store_playback(facts, io.BytesIO(sound))

    async def keep_passing_call(self, sound: AsyncIterator[Piece], size: int) -> None:
        """Keep a call as it passes by, in constant memory; the decoder hears it on its way into the store.

        Raises:
            NotWhatItClaims: as `keep_call`.
            Exception: what `sound` raises; nothing is stored.
        """
        content = await self._placed("content", self._metadata.media_type)
        with Listener(partial(probe, media_type=self._metadata.media_type)) as listener:
            objects, bucket = self._custody.objects, self._admission.bucket
            stored = await put_stream(objects, bucket, content, listener.heard(sound), size)
            self.parts.append(stored)
            facts = await listener.verdict()
        await self._describe(facts)
        if not facts.browser_playable:
            await self._store_playback_of(stored, facts)

    async def keep_transcript(self, delivered: bytes) -> None:
        """Keep a chat, a chatbot talk or a survey; identifiers that go sooner are cut out and kept apart.

        Raises:
            TranscriptInvalid: it is not of the shape; nothing is stored.
        """
        transcript, cuts = await in_thread(partial(self._split, delivered))
        await self._store(canonical(transcript), JSON)
        if cuts is not None and self._admission.live(PartClass.IDENTIFIERS, self._now):
            await self._keep_small("identifiers", PartClass.IDENTIFIERS, JSON, canonical(cuts))
        ended_at = last_moment(transcript)
        if ended_at is not None:
            ended_at = max(ended_at, self._metadata.started_at)
            self.duration = ended_at - self._metadata.started_at
        await self._keep_contact(ended_at)

    def _split(self, delivered: bytes) -> tuple[Transcript, Cuts | None]:
        transcript = read_transcript(delivered, self._metadata.kind, started_at=self._metadata.started_at)
        if PartClass.IDENTIFIERS in self._admission.expiries:
            return split_identifiers(transcript)
        return transcript, None

    async def _describe(self, facts: AudioFacts) -> None:
        """Keep what the decoder found, and the contact record with the end that follows from it."""
        self.duration = timedelta(seconds=facts.duration_seconds)
        self.facts |= {
            "container": facts.container,
            "codec": facts.codec,
            "channels": facts.channels,
            "sample_rate": facts.sample_rate,
            "silent": facts.silent,
            "damaged": facts.damaged,
        }
        await self._keep_small("peaks", PartClass.CONTENT, PEAKS, facts.peaks.to_bytes())
        await self._keep_contact(self._metadata.started_at + self.duration)

    async def _keep_contact(self, ended_at: datetime | None) -> None:
        """The contact record, unless it may not be kept any more; without an end where the policy names none."""
        expiry = self._admission.live(PartClass.CONTACT, self._now)
        if expiry is None:
            return
        said = self._metadata
        may_end = ContactField.END in self._admission.rule.contact_fields
        self.contact_expiry = expiry
        self.contact = ContactRecord(
            started_at=said.started_at,
            ended_at=(said.ended_at or ended_at) if may_end else None,
            direction=said.direction,
            fields=dict(said.contact),
            segments=said.segments,
        )
        await self._keep_small("contact", PartClass.CONTACT, JSON, self.contact.encode())

    async def _keep_small(self, name: str, part_class: PartClass, media_type: str, content: bytes) -> None:
        self.parts.append(seal_small(await self._envelope(name, part_class, media_type), content))

    async def _envelope(self, name: str, part_class: PartClass, media_type: str) -> Envelope:
        expiry = self._admission.expiries[part_class]
        return await self._envelopes.make(name, part_class, expiry, media_type, now=self._now)

    async def _placed(self, name: str, media_type: str) -> Envelope:
        """An envelope of content that will lie in the store, where the upload's row knows of it."""
        envelope = await self._envelope(name, PartClass.CONTENT, media_type)
        await uploads.lie_in(self._upload, envelope.folder)
        return envelope

    async def _store(self, content: bytes, media_type: str) -> None:
        envelope = await self._placed("content", media_type)
        self.parts.append(await put(self._custody.objects, self._admission.bucket, envelope, content))

    async def _store_playback(self, facts: AudioFacts, sound: io.BytesIO | Feed) -> None:
        """The same sound as a browser plays it, for a codec that browsers do not."""
        envelope = await self._placed("playback", WAV)
        size, blocks = playback_wav(sound, facts)
        objects, bucket = self._custody.objects, self._admission.bucket
        self.parts.append(await put_stream(objects, bucket, envelope, drawn(blocks), size))

    async def _store_playback_of(self, content: StoredPart, facts: AudioFacts) -> None:
        feed = Feed()
        pouring = asyncio.create_task(self._pour(content, feed))
        try:
            await self._store_playback(facts, feed)
        finally:
            feed.leave()
            feed.end()
            pouring.cancel()

    async def _pour(self, content: StoredPart, feed: Feed) -> None:
        place = content.envelope.header.place
        try:
            async for piece in opened(self._custody, self._admission.bucket, place, content.lies, now=self._now):
                await feed.give(piece)
            feed.end()
        except Exception as error:
            feed.end(error)
