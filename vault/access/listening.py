"""What is heard or read under an access: the sound in any range, the waveform, the transcript."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import structs

from vault.access.accesses import Access
from vault.access.alarms import alarmed
from vault.access.granted import AskGrant
from vault.access.kept import CONTACT, CONTENT, IDENTIFIERS, PEAKS, PLAYBACK, KeptPart
from vault.access.opening import Opening, place_of
from vault.access.resuming import resume
from vault.access.streaming import Content, Streamed, Whole
from vault.access.transcripts import Form, render
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.errors import AccessOver, Altered, FieldProblem, Invalid, NotFound
from vault.ingest.waveform import Peaks

_FORMS: dict[bool, set[Form | None]] = {
    True: {None, Form.ORIGINAL, Form.PLAYBACK},
    False: {None, Form.ORIGINAL, Form.TEXT},
}
"""In which forms sound comes, and in which a transcript."""

WATCHED_SECONDS = 1.0
"""How long an answer that is under way goes on before everything about its access is asked again."""

Cut = Callable[[Custody, Caller, Access, KeptPart, int, Callable[[], Awaitable[None]]], Awaitable[Content]]
"""Gives one excerpt of a part, by its number from 1; what it is given last is asked before each piece of it."""


@dataclass(frozen=True)
class Grants:
    """How what a disclosure lets somebody hear is asked, and how it is cut to its excerpts."""

    ask: AskGrant
    cut: Cut


async def content(
    custody: Custody,
    caller: Caller,
    access_id: UUID,
    form: Form | None = None,
    *,
    reads_text: bool = False,
    excerpt: int = 1,
    grants: Grants | None = None,
) -> Content:
    """What was recorded, in the form asked for. Where a browser plays the original, that is its playback form.

    What a disclosure gives, and a call that others had a part of, is heard or read and no more: as a browser plays it,
    as text, and within its excerpts.

    Args:
        reads_text: whether a transcript is wanted as text where no form is named.
        excerpt: which one, from 1, where not all may be heard.
        grants: who is asked what a disclosure gives; without it, nothing of that is given.

    Raises:
        NotFound: no such access of this person.
        AccessOver: its time is up, or it was ended.
        Destroyed, Refused, NotAllowed: the content has gone, or may no longer be listened to for this.
        Invalid: the recording does not come in this form.
        Altered: it is not what was stored.
    """
    ask = None if grants is None else grants.ask
    access = await resume(custody, caller, access_id, CONTACT, IDENTIFIERS, ask=ask)
    recording = access.held.recording
    if access.granted is not None or access.excerpts:
        form = _granted_form(form, is_sound=recording.is_sound)
    if form not in _FORMS[recording.is_sound]:
        raise _no_such_form(form)
    playback = recording.live(PLAYBACK) if form is Form.PLAYBACK else None
    part = playback or recording.live(CONTENT)
    if part is None:
        raise NotFound
    watch = Watch(custody, caller, access, part, ask)
    if access.excerpts:
        if grants is None:
            raise NotFound
        async with alarmed(custody, caller, recording, part.name):
            return await grants.cut(custody, caller, access, recording.part(CONTENT) or part, excerpt, watch)
    async with alarmed(custody, caller, recording, part.name):
        streamed = _streamed(custody, caller, access, part, watch)
    if recording.is_sound:
        return streamed
    as_text = form is Form.TEXT or (form is None and reads_text)
    return await _transcript(custody, caller, access, part, streamed, Form.TEXT if as_text else Form.ORIGINAL)


async def peaks(custody: Custody, caller: Caller, access_id: UUID, *, grants: Grants | None = None) -> dict[str, Any]:
    """The waveform, as audiowaveform's JSON with `duration` in seconds: what browser players draw.

    Raises:
        NotFound: no such access of this person, or the recording has no sound, or not all of it may be heard.
        AccessOver, Destroyed, Refused, NotAllowed, Altered: as for the content.
    """
    access = await resume(custody, caller, access_id, CONTACT, PEAKS, ask=None if grants is None else grants.ask)
    recording = access.held.recording
    part = recording.live(PEAKS)
    if part is None or part.sealed is None or access.excerpts:
        raise NotFound("This recording has no waveform.")
    async with alarmed(custody, caller, recording, PEAKS):
        try:
            waveform = Peaks.from_bytes(Opening(custody).small(recording, part)).to_json()
        except ValueError as error:
            raise Altered("The waveform is not what was stored.") from error
    return waveform | {"duration": (recording.duration_ms or 0) / 1000}


@dataclass
class Watch:
    """Asked before each piece of an answer that is under way; raises once nothing more of it may be heard.

    The clock and the key are asked each time; every second all that `resume` asks: a recording may have been
    restricted, let go or ordered destroyed, and the access ended.
    """

    custody: Custody
    caller: Caller
    access: Access
    part: KeptPart
    ask: AskGrant | None = None
    asked_at: float = field(default_factory=time.monotonic)

    async def __call__(self) -> None:
        """Raises AccessOver, Destroyed, NotFound, Refused or Unauthenticated."""
        self.access.require(self.custody)
        recording = structs.replace(self.access.held.recording, at=self.custody.clock.now())
        Opening(self.custody).key(recording, self.part)
        if time.monotonic() - self.asked_at >= WATCHED_SECONDS:
            now = await resume(self.custody, self.caller, self.access.id, CONTACT, ask=self.ask)
            if now.excerpts != self.access.excerpts:
                raise AccessOver("Another part of this recording is within reach now. Ask for it again.")
            self.asked_at = time.monotonic()


def _granted_form(form: Form | None, *, is_sound: bool) -> Form:
    """What is heard under a disclosure is no copy: never the file as it was delivered."""
    heard = Form.PLAYBACK if is_sound else Form.TEXT
    if form not in (None, heard):
        sentence = "This is for listening: it comes as a browser plays it, or as text to read."
        raise Invalid(sentence, [FieldProblem("as", "form", sentence)])
    return heard


def _streamed(custody: Custody, caller: Caller, access: Access, part: KeptPart, watch: Watch) -> Streamed:
    recording = access.held.recording
    return Streamed(
        recording=recording.id,
        media_type=part.media_type,
        etag=f'"{part.id}"',
        size=part.size,
        objects=custody.objects,
        bucket=access.held.tenancy.bucket,
        key=part.object_key,
        version=part.object_version,
        data_key=Opening(custody).data_key(recording, part),
        place=place_of(recording, part),
        prefix=part.prefix or b"",
        require_access=watch,
        alarmed=partial(alarmed, custody, caller, recording, part.name),
    )


async def _transcript(
    custody: Custody, caller: Caller, access: Access, part: KeptPart, streamed: Streamed, form: Form
) -> Whole:
    held, recording = access.held, access.held.recording
    stored = b"".join([piece async for piece in await streamed.read(0, part.size)])
    # What goes after an hour is for those who speak with the customer, and for nobody from outside.
    cut = recording.live(IDENTIFIERS) if access.granted is None else None
    async with alarmed(custody, caller, recording, part.name):
        identifiers = Opening(custody).small(recording, cut) if cut else None
        try:
            rendered = render(
                stored, recording.kind, form, identifiers=identifiers, time_zone=held.tenancy.policy.time_zone
            )
        except ValueError as error:
            raise Altered("The transcript is not what was stored.") from error
    etag = f'"{part.id}-{form}{"-whole" if identifiers else ""}"'
    return Whole(recording.id, "text/plain; charset=utf-8" if form is Form.TEXT else "application/json", etag, rendered)


def _no_such_form(form: Form | None) -> Invalid:
    sentence = "A call is heard, a transcript is read: ask for text of a transcript, for playback of a call."
    return Invalid(sentence, [FieldProblem("as", "form", f"This recording does not come as {form}.")])
