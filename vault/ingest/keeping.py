"""What was delivered becomes parts in the store, each with its own key and its own day."""

import asyncio
import io
from collections.abc import AsyncIterator, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from tenants.expiry import Expiry
from tenants.recordings import ContactField, PartClass
from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.ingest.admitting import Admission
from vault.ingest.audio import AudioFacts, playback_wav, probe
from vault.ingest.listening import Feed, Listener, drawn, in_thread
from vault.ingest.parts import Envelope, Envelopes, Piece, StoredPart, opened, put, put_stream
from vault.ingest.transcripts import Cuts, Transcript, canonical, last_moment, read_transcript, split_identifiers

JSON, PEAKS, WAV = "application/json", "application/octet-stream", "audio/wav"


class Keeper:
    """Puts the parts of one recording into the store; `parts` are those that lie there by now."""

    def __init__(self, custody: Custody, admission: Admission, recording: UUID, *, now: datetime) -> None:
        self.parts: list[StoredPart] = []
        self.facts: dict[str, Any] = {}
        self.duration: timedelta | None = None
        self.contact: ContactRecord | None = None
        self.contact_expiry: Expiry | None = None
        self._custody = custody
        self._admission = admission
        self._metadata = admission.metadata
        self._now = now
        self._envelopes = Envelopes(custody, admission.tenant, recording)

    async def keep_call(self, sound: bytes) -> None:
        """Keep a call that is at hand whole.

        Raises:
            NotWhatItClaims: it is not the sound that its media type promises; nothing is stored.
        """
        facts = await in_thread(partial(probe, io.BytesIO(sound), self._metadata.media_type))
        content = await self._content(self._metadata.media_type)
        self._describe(facts)
        await self._put_all(
            self._put(content, sound),
            self._put_peaks(facts),
            *self._contact(self._metadata.started_at + timedelta(seconds=facts.duration_seconds)),
            *([] if facts.browser_playable else [self._put_playback(facts, io.BytesIO(sound))]),
        )

    async def keep_passing_call(self, sound: AsyncIterator[Piece], size: int) -> None:
        """Keep a call as it passes by, in constant memory; the decoder hears it on its way into the store.

        Raises:
            NotWhatItClaims: as `keep_call`.
            Exception: what `sound` raises; nothing is stored.
        """
        content = await self._content(self._metadata.media_type)
        with Listener(partial(probe, media_type=self._metadata.media_type)) as listener:
            objects, bucket = self._custody.objects, self._admission.bucket
            stored = await put_stream(objects, bucket, content, listener.heard(sound), size)
            self.parts.append(stored)
            facts = await listener.verdict()
        self._describe(facts)
        await self._put_all(
            self._put_peaks(facts),
            *self._contact(self._metadata.started_at + timedelta(seconds=facts.duration_seconds)),
            *([] if facts.browser_playable else [self._put_playback_of(stored, facts)]),
        )

    async def keep_transcript(self, delivered: bytes) -> None:
        """Keep a chat, a chatbot talk or a survey; identifiers that go sooner are cut out and kept apart.

        Raises:
            TranscriptInvalid: it is not of the shape; nothing is stored.
        """
        transcript, cuts = await in_thread(partial(self._split, delivered))
        ended_at = last_moment(transcript)
        content = await self._content(JSON)
        if ended_at is not None:
            self.duration = max(ended_at - self._metadata.started_at, timedelta())
            ended_at = max(ended_at, self._metadata.started_at)
        await self._put_all(
            self._put(content, canonical(transcript)), *self._identifiers(cuts), *self._contact(ended_at)
        )

    def _split(self, delivered: bytes) -> tuple[Transcript, Cuts | None]:
        transcript = read_transcript(delivered, self._metadata.kind, started_at=self._metadata.started_at)
        if PartClass.IDENTIFIERS in self._admission.expiries:
            return split_identifiers(transcript)
        return transcript, None

    def _describe(self, facts: AudioFacts) -> None:
        self.duration = timedelta(seconds=facts.duration_seconds)
        self.facts |= {
            "container": facts.container,
            "codec": facts.codec,
            "channels": facts.channels,
            "sample_rate": facts.sample_rate,
            "silent": facts.silent,
            "damaged": facts.damaged,
        }

    def _contact(self, ended_at: datetime | None) -> list[Coroutine[Any, Any, StoredPart]]:
        """The contact record, unless it may not be kept any more; without an end where the policy names none."""
        self.contact_expiry = self._admission.live(PartClass.CONTACT, self._now)
        if self.contact_expiry is None:
            return []
        said = self._metadata
        may_end = ContactField.END in self._admission.rule.contact_fields
        self.contact = ContactRecord(
            started_at=said.started_at,
            ended_at=(said.ended_at or ended_at) if may_end else None,
            direction=said.direction,
            fields=dict(said.contact),
        )
        return [self._put_small("contact", PartClass.CONTACT, self.contact_expiry, JSON, self.contact.encode())]

    def _identifiers(self, cuts: Cuts | None) -> list[Coroutine[Any, Any, StoredPart]]:
        expiry = self._admission.live(PartClass.IDENTIFIERS, self._now)
        if cuts is None or expiry is None:
            return []
        return [self._put_small("identifiers", PartClass.IDENTIFIERS, expiry, JSON, canonical(cuts))]

    async def _content(self, media_type: str, name: str = "content") -> Envelope:
        expiry = self._admission.expiries[PartClass.CONTENT]
        return await self._envelopes.make(name, PartClass.CONTENT, expiry, media_type, now=self._now)

    async def _put(self, envelope: Envelope, content: Piece) -> StoredPart:
        return await put(self._custody.objects, self._admission.bucket, envelope, content)

    async def _put_small(
        self, name: str, part_class: PartClass, expiry: Expiry, media_type: str, content: bytes
    ) -> StoredPart:
        envelope = await self._envelopes.make(name, part_class, expiry, media_type, now=self._now)
        return await put(self._custody.objects, self._admission.bucket, envelope, content, inline=True)

    async def _put_peaks(self, facts: AudioFacts) -> StoredPart:
        expiry = self._admission.expiries[PartClass.CONTENT]
        return await self._put_small("peaks", PartClass.CONTENT, expiry, PEAKS, facts.peaks.to_bytes())

    async def _put_playback(self, facts: AudioFacts, sound: io.BytesIO | Feed) -> StoredPart:
        """The same sound as a browser plays it, for a codec that browsers do not."""
        envelope = await self._content(WAV, "playback")
        size, blocks = playback_wav(sound, facts)
        return await put_stream(self._custody.objects, self._admission.bucket, envelope, drawn(blocks), size)

    async def _put_playback_of(self, content: StoredPart, facts: AudioFacts) -> StoredPart:
        feed = Feed()
        pouring = asyncio.create_task(self._pour(content, feed))
        try:
            return await self._put_playback(facts, feed)
        finally:
            feed.leave()
            feed.end()
            pouring.cancel()

    async def _pour(self, content: StoredPart, feed: Feed) -> None:
        place = content.envelope.header.place
        try:
            bucket, version_id = self._admission.bucket, content.version_id
            async for piece in opened(self._custody, bucket, place, version_id, now=self._now):
                await feed.give(piece)
            feed.end()
        except Exception as error:
            feed.end(error)

    async def _put_all(self, *puts: Coroutine[Any, Any, StoredPart]) -> None:
        """All at once; what is stored is known even where one of them fails."""
        done = await asyncio.gather(*puts, return_exceptions=True)
        self.parts += [part for part in done if isinstance(part, StoredPart)]
        for failure in done:
            if isinstance(failure, BaseException):
                raise failure
