"""Of what is limited to excerpts, nothing else leaves the vault: sound is cut as it is decoded, a talk to its turns."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from vault.access.accesses import Access
from vault.access.alarms import alarmed
from vault.access.kept import KeptPart
from vault.access.listening import Grants
from vault.access.streaming import Content, Whole, chained
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.objects import ObjectError
from vault.errors import Altered, NotFound, Unavailable
from vault.grants.hearing import ask
from vault.ingest.transcripts import Talk, as_text
from vault.packages import excerpts, parts, transcripts
from vault.packages.excerpts import Shape

TEXT: Final = "text/plain; charset=utf-8"

Make = Callable[[], AsyncGenerator[bytes, None]]
Guard = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """Some minutes of a sound as WAV: made anew for each range, so that memory holds a few pieces of it."""

    recording: UUID
    etag: str
    size: int
    make: Make = field(repr=False)
    require_access: Callable[[], Awaitable[None]] = field(repr=False)
    guard: Guard = field(repr=False)
    media_type: str = excerpts.MEDIA_TYPE

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes of a range; the first of them have been made, and so opened, when this gives the iterator."""
        pieces = self._pieces(start, stop)
        return chained(await anext(pieces, b""), pieces)

    async def _pieces(self, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        at = 0
        async with self.guard(), aclosing(self.make()) as made:
            async for piece in made:
                wanted = piece[max(start - at, 0) : max(stop - at, 0)]
                at += len(piece)
                if wanted:
                    await self.require_access()
                    yield wanted
                if at >= stop:
                    break


async def cut(
    custody: Custody,
    caller: Caller,
    access: Access,
    part: KeptPart,
    number: int,
    require_access: Callable[[], Awaitable[None]],
) -> Content:
    """One excerpt of a recording's sound as WAV, or the turns of a talk that lie within any of its excerpts.

    Raises:
        NotFound: there is no excerpt of this number.
        Altered: it is not what was stored.
        Unavailable: the store does not answer.
    """
    recording = access.held.recording
    if not 1 <= number <= len(access.excerpts):
        raise NotFound("There is no excerpt of this number.")
    read = partial(parts.pieces, custody, access.held.tenancy.bucket, recording, part)
    guard = partial(_guarded, partial(alarmed, custody, caller, recording, part.name))
    if not recording.is_sound:
        async with guard():
            return await _turns(access, part, access.excerpts, read)
    async with guard():
        shape = await _shape(access, part, read)
        start, stop = access.excerpts[number - 1]

        def make() -> AsyncGenerator[bytes, None]:
            # The access in its metadata tells, of a capture that leaked, who listened.
            return excerpts.cut(read(), shape, start, stop, f"access-{access.id}")

        size = await _size(make)
    etag = f'"{part.id}-{number}"'
    return Excerpt(recording=recording.id, etag=etag, size=size, make=make, require_access=require_access, guard=guard)


async def _size(make: Make) -> int:
    """How long the WAV is, by its header, which is the first piece and ends with the size of the samples."""
    async with aclosing(make()) as made:
        header = await anext(made)
    return len(header) + int.from_bytes(header[-4:], "little")


async def _shape(access: Access, part: KeptPart, read: Make) -> Shape:
    """What the sound is: as was found when it was delivered, or by decoding it once more."""
    recording, facts = access.held.recording, access.held.recording.facts
    if recording.duration_ms is None or not {"channels", "sample_rate"} <= facts.keys():
        return await excerpts.shape_of(read(), part.media_type)
    return Shape(part.media_type, facts["channels"], facts["sample_rate"], recording.duration_ms)


async def _turns(access: Access, part: KeptPart, given: tuple[tuple[int, int], ...], read: Make) -> Whole:
    recording = access.held.recording
    stored = b"".join([piece async for piece in read()])
    try:
        transcript = transcripts.read(stored, recording.kind)
    except ValueError as error:
        raise Altered("The transcript is not what was stored.") from error
    if not isinstance(transcript, Talk):
        raise NotFound("A survey has no times, so nothing of it lies within an excerpt.")
    turns = tuple(each for each in transcript.messages if transcripts.lies_within(each, recording.started_at, given))
    text = as_text(msgspec.structs.replace(transcript, messages=turns), ZoneInfo(access.held.tenancy.policy.time_zone))
    return Whole(recording.id, TEXT, f'"{part.id}-excerpts"', text.encode())


@asynccontextmanager
async def _guarded(alarm: Guard) -> AsyncIterator[None]:
    """What goes wrong while an excerpt is made, in the vault's own errors; an alteration is an alarm."""
    async with alarm():
        try:
            yield
        except ObjectError as error:
            raise Unavailable("The object store does not answer; try again.") from error
        except ValueError as error:
            raise NotFound("The excerpt begins where the sound has ended.") from error


GRANTS: Final = Grants(ask, cut)
"""How what a disclosure lets somebody hear is asked and cut."""
