"""The files of one recording in a package: what is given of it, opened as each file is written and not before.

    contact.json                 who, when and between which numbers, as far as it is given
    original.{ext}               as it was stored, byte by byte; only where nothing of it is withheld
    playable.{ext}               the same sound as a browser plays it, with the package's mark in its metadata
    excerpt-01.wav …             in their place, where only some minutes are given
    transcript.txt               what was written, to read
    statement-01.txt …           what the data subject stated beside it
    recording.vcon               all of that as a vCon

Wherever something is withheld, sound is given as decoded and no original goes along: its own tags could tell it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from vault.access.kept import CONTENT, PLAYBACK, Kept, KeptPart
from vault.custody.custody import Custody
from vault.errors import Altered
from vault.ingest.audio import container_of
from vault.ingest.transcripts import MEDIA_TYPE as TRANSCRIPT
from vault.ingest.transcripts import Transcript
from vault.packages import conversation, excerpts, transcripts, vcons
from vault.packages.contacts import GivenContact, narrowed
from vault.packages.excerpts import Shape
from vault.packages.given import Limits, Making, Statement, is_narrowed
from vault.packages.members import RECORDINGS, Member
from vault.packages.parts import pieces
from vault.packages.tagging import tag

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"

Chunks = AsyncGenerator[bytes, None]


async def members_of(
    custody: Custody, making: Making, kept: Kept, limits: Limits, statements: Sequence[Statement] = ()
) -> AsyncGenerator[Member, None]:
    """One recording's files; each is to be read to its end before the next is asked for.

    Args:
        kept: the recording as `vault.packages.parts.find` finds it, now.
        statements: of Art. 16, in their order; a pseudonymised package has none.

    Raises:
        Altered: the store gives back something else than was stored; also from a file, midway.
        Destroyed: a key went meanwhile.
        ObjectError: the store does not give it now.
    """
    # What somebody wrote of themselves has no pseudonyms.
    stated = () if making.pseudonyms is not None else tuple(statements)
    giving = _Giving(custody, making, kept, limits, stated)
    async for member in giving.members():
        yield member


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """One stretch of sound that is given: as which file, of which part, and from where until where of it."""

    name: str
    media_type: str
    part: KeptPart
    start_ms: int
    duration_ms: int


@dataclass(frozen=True)
class _Giving:
    """One recording under way."""

    custody: Custody
    making: Making
    kept: Kept
    limits: Limits
    statements: tuple[Statement, ...]

    @cached_property
    def contact(self) -> GivenContact:
        return narrowed(self.kept.contact, self.kept.recording.started_at, self.limits, self.making)

    @property
    def content(self) -> KeptPart | None:
        """The content, where it is given and still there."""
        return self.kept.recording.live(CONTENT) if self.limits.content else None

    async def members(self) -> AsyncGenerator[Member, None]:
        recording, content = self.kept.recording, self.content
        if self.kept.contact is not None and self.limits.contact_fields != ():
            yield self._small("contact.json", JSON, self.contact.encode(self.making.mark))
        cuts: list[_Cut] = []
        transcript: Transcript | None = None
        if content is not None and recording.is_sound:
            cuts = await self._cuts(content)
            async for member in self._sounds(content, cuts):
                yield member
        elif content is not None:
            stored, transcript = await self._transcript(content)
            if not is_narrowed(self.making, self.limits):
                yield self._small("original.json", TRANSCRIPT, stored, marked=False)
            text = transcripts.to_text(transcript, self.making, time_zone=self.kept.tenancy.policy.time_zone)
            yield self._small("transcript.txt", TEXT, text)
        for number, statement in enumerate(self.statements, 1):
            yield self._small(f"statement-{number:02d}.txt", TEXT, self._stated(statement))
        dialogs = self._dialogs(cuts, transcript)
        vcon = conversation.vcon(self.making, recording, self.contact, self.limits, self.statements, dialogs)
        yield Member(f"{self._folder}recording.vcon", vcons.MEDIA_TYPE, vcon)

    @property
    def _folder(self) -> str:
        return f"{RECORDINGS}{self.kept.recording.id}/"

    def _small(self, name: str, media_type: str, content: bytes, *, marked: bool = True) -> Member:
        return Member.of(self._folder + name, media_type, content, marked=marked)

    def _stated(self, statement: Statement) -> bytes:
        at = statement.at.isoformat(timespec="minutes")
        return f"{self.making.mark}\n\n{at}\n\n{statement.text}\n".encode()

    async def _sounds(self, content: KeptPart, cuts: Sequence[_Cut]) -> AsyncGenerator[Member, None]:
        if not is_narrowed(self.making, self.limits):
            name = f"{self._folder}original.{container_of(content.media_type)}"
            yield Member(name, content.media_type, self._read(content), marked=False)
        for cut in cuts:
            chunks, marked = await self._opened(cut)
            yield Member(self._folder + cut.name, cut.media_type, chunks, marked=marked)

    async def _cuts(self, content: KeptPart) -> list[_Cut]:
        """What is heard of it: all as it is played, or the excerpts; decoded where something is withheld."""
        shape = await self._shape(content)
        if not is_narrowed(self.making, self.limits):
            part = self.kept.recording.live(PLAYBACK) or content
            name = f"playable.{container_of(part.media_type)}"
            return [_Cut(name=name, media_type=part.media_type, part=part, start_ms=0, duration_ms=shape.duration_ms)]
        given = self.limits.excerpts or ((0, shape.duration_ms),)
        names = [f"excerpt-{number:02d}.wav" for number in range(1, len(given) + 1)]
        return [
            _Cut(
                name=name if self.limits.excerpts else "playable.wav",
                media_type=excerpts.MEDIA_TYPE,
                part=content,
                start_ms=start,
                duration_ms=excerpts.length_ms(shape, start, stop),
            )
            for name, (start, stop) in zip(names, given, strict=True)
            if excerpts.length_ms(shape, start, stop)
        ]

    async def _opened(self, cut: _Cut) -> tuple[Chunks, bool]:
        """A stretch of sound from its beginning, with the mark in it if there is room."""
        sound = self._read(cut.part)
        if not is_narrowed(self.making, self.limits):
            return await tag(sound, container_of(cut.media_type), self.making.mark)
        shape = await self._shape(cut.part)
        return excerpts.cut(sound, shape, cut.start_ms, cut.start_ms + cut.duration_ms, self.making.mark), True

    async def _shape(self, content: KeptPart) -> Shape:
        """What the sound is: as was found when it was delivered, or by decoding it once more."""
        recording, facts = self.kept.recording, self.kept.recording.facts
        if recording.duration_ms is None or not {"channels", "sample_rate"} <= facts.keys():
            return await excerpts.shape_of(self._read(content), content.media_type)
        return Shape(content.media_type, facts["channels"], facts["sample_rate"], recording.duration_ms)

    async def _transcript(self, content: KeptPart) -> tuple[bytes, Transcript]:
        """The transcript as it is stored, and what is given of it."""
        recording = self.kept.recording
        stored = b"".join([piece async for piece in self._read(content)])
        try:
            transcript = transcripts.read(stored, recording.kind)
        except ValueError as error:
            raise Altered("The transcript is not what was stored.") from error
        return stored, transcripts.within(transcript, recording.started_at, self.limits, self.making)

    async def _dialogs(self, cuts: Sequence[_Cut], transcript: Transcript | None) -> AsyncIterator[vcons.Dialog]:
        recording = self.kept.recording
        if not cuts and transcript is None:
            yield conversation.withheld(recording, self.contact)
        for cut in cuts:
            sound, _ = await self._opened(cut)
            yield vcons.recording(
                sound,
                cut.media_type,
                cut.name,
                start=conversation.begins(self.making, recording, self.contact, cut.start_ms),
                duration=cut.duration_ms / 1000,
                channels=(await self._shape(cut.part)).channels,
                parties=conversation.speakers(self.contact),
            )
        if transcript is not None:
            for dialog in conversation.written(transcript, self.contact):
                yield dialog

    def _read(self, part: KeptPart) -> Chunks:
        return pieces(self.custody, self.kept.tenancy.bucket, self.kept.recording, part)
