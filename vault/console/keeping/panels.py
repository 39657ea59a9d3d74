"""What keeps or hides a recording, and what was noted of it, as pieces that any page of that recording may show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from tenants.decisions import MAY_RELEASE, ROLES, Action
from tenants.keeping import Fate, ReasonKind, State, is_covered
from tenants.policy import Citation
from tenants.vocabulary import HoldReason, RestrictionGround
from vault.access.kept import KeptRecording
from vault.access.notes import Note, notes_if_heard
from vault.accounts import Caller
from vault.console.language import mark, words_of
from vault.custody.custody import Custody
from vault.keeping.explaining import Explanation, explain_with_reasons, people_of
from vault.keeping.placing import Known

DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held": mark("The recording is held."),
        "released": mark("The hold is released."),
        "restricted": mark("The use of the recording is restricted."),
        "told": mark("It is recorded that the data subject was told."),
        "lifted": mark("The restriction is lifted."),
        "noted": mark("The note is added."),
        "unnoted": mark("The note is removed."),
    }
)
"""What a page of a recording may be told was done here: `page(…, done=DONE)`."""


STATUTES: Final = (
    mark("GDPR Art. 17(3)(b)"),
    mark("GDPR Art. 17(3)(e)"),
    mark("GDPR Art. 18(1)(a)"),
    mark("GDPR Art. 18(1)(b)"),
    mark("GDPR Art. 18(1)(c)"),
    mark("GDPR Art. 18(1)(d)"),
)
"""What `tenants.keeping.STATUTES` names, to be said in each language."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Parts of one class that share a fate: when they go, by which promise, and what keeps them."""

    part_class: str
    state: State
    day: datetime
    goes_at: datetime | None
    clause: Citation
    kept_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Then:
    """What would become of parts of one class without one reason: `goes_at` is None where others keep them still."""

    part_class: str
    goes_at: datetime | None
    at_once: bool


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A hold or restriction with who placed it, what it rests on, what its end would change, and who may end it."""

    known: Known
    is_live: bool
    by: str
    ended_by: str
    rests_on: str | None
    clause: Citation | None
    then: tuple[Then, ...]
    may_end: bool


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """All holds and restrictions there are or were on a recording, and when each of its parts goes."""

    recording: UUID
    restricted: bool
    holds: tuple[Shown, ...]
    restrictions: tuple[Shown, ...]
    parts: tuple[Part, ...]

    @property
    def live(self) -> tuple[Shown, ...]:
        """What keeps or hides it now."""
        return tuple(each for each in (*self.restrictions, *self.holds) if each.is_live)

    @property
    def ended(self) -> tuple[Shown, ...]:
        """What kept or hid it before."""
        return tuple(each for each in (*self.restrictions, *self.holds) if not each.is_live)


@dataclass(frozen=True, kw_only=True)
class Noted:
    """The notes of a recording with their writers' names; `is_own` tells which the person may take back.

    `is_held` says that the person wrote some that nobody takes back while the recording is held. What is read has no
    seconds to note something at.
    """

    recording: UUID
    is_sound: bool
    notes: tuple[tuple[Note, str, bool], ...]
    is_held: bool


async def keeping_panel(custody: Custody, caller: Caller, recording_id: UUID) -> dict[str, Any]:
    """What `keeping/_holds.html` shows, to be handed to the page: `keeping`, which is None for whoever may not read it.

    Raises:
        NotFound: no such recording that the person may know of.
    """
    if not caller.may(Action.READ_RETENTION):
        return {"keeping": None}
    return await kept_panel(caller, *await explain_with_reasons(custody, caller, recording_id))


async def kept_panel(caller: Caller, told: Explanation, reasons: Sequence[Known]) -> dict[str, Any]:
    """The same, of what was asked already. Raises NotAllowed for whoever may not read it."""
    names = await people_of(caller, reasons)
    shown = [_shown(caller, known, told, names) for known in reasons]
    keeping = Keeping(
        recording=told.recording,
        restricted=told.restricted,
        holds=tuple(each for each in shown if each.known.reason.kind is ReasonKind.HOLD),
        restrictions=tuple(each for each in shown if each.known.reason.kind is ReasonKind.RESTRICTION),
        parts=_parts(told),
    )
    return {"keeping": keeping, "grounds": words_of(RestrictionGround)} | _reasons(told)


async def notes_panel(custody: Custody, caller: Caller, recording_id: UUID) -> dict[str, Any]:
    """What `keeping/_notes.html` shows, to be handed to the page: `noted`, None for whoever may not listen to it.

    Raises:
        NotFound: no such recording that the person may know of.
    """
    held, found = await notes_if_heard(custody, caller, recording_id)
    return noted_panel(caller, held.recording, found)


def noted_panel(caller: Caller, recording: KeptRecording, found: Sequence[Note] | None) -> dict[str, Any]:
    """The same, of what was asked already."""
    if found is None:
        return {"noted": None}
    shown = tuple((note, note.writer or "", note.by == caller.id and not note.is_held) for note in found)
    is_held = any(note.is_held for note in found if note.by == caller.id)
    return {"noted": Noted(recording=recording.id, is_sound=recording.is_sound, notes=shown, is_held=is_held)}


def may_end(caller: Caller, known: Known) -> bool:
    """Whether the person's roles may end this one; what else stands against it is told when they try."""
    if known.reason.kind is ReasonKind.RESTRICTION:
        return caller.may(Action.LIFT)
    return may_release(caller, HoldReason(known.reason.ground))


def may_release(caller: Caller, reason: HoldReason) -> bool:
    """Whether the person's roles may release holds for this reason."""
    releasing = MAY_RELEASE.get(reason, ROLES[Action.RELEASE])
    return caller.may(Action.RELEASE) and not releasing.isdisjoint(caller.person.roles)


def _reasons(told: Explanation) -> dict[str, Any]:
    """For what the recording may be held, and for what its notice lets nothing of it wait."""
    living = [part.facts.longer_while for part, fate in told.parts if fate.state in (State.KEPT, State.HELD)]
    words = words_of(HoldReason)
    # Where nothing lives any more, that is what whoever wants to hold it is told.
    offered = [(each, word) for each, word in words if not living or any(is_covered(each, named) for named in living)]
    return {"reasons": offered, "not_offered": [word for each, word in words if (each, word) not in offered]}


def _shown(caller: Caller, known: Known, told: Explanation, names: Mapping[UUID, str]) -> Shown:
    kept = [by for _, fate in told.parts for by in fate.kept_by if by.id == known.reason.id]
    is_live = known.reason.is_live(told.at)
    return Shown(
        known=known,
        is_live=is_live,
        by=names.get(known.reason.by, ""),
        ended_by=names.get(known.ended_by, "") if known.ended_by else "",
        rests_on=next((by.statute for by in kept if by.statute), None),
        clause=next((by.clause for by in kept if by.clause), None),
        then=_then(told, known.reason.id),
        may_end=is_live and may_end(caller, known),
    )


def _then(told: Explanation, reason: UUID) -> tuple[Then, ...]:
    found = [
        Then(
            part_class=part.facts.part_class.value,
            goes_at=change.goes_at,
            at_once=change.goes_at is not None and change.goes_at <= told.at,
        )
        for part, fate in told.parts
        for change in fate.would_change
        if change.reason == reason
    ]
    return tuple(dict.fromkeys(found))


def _parts(told: Explanation) -> tuple[Part, ...]:
    return tuple(dict.fromkeys(_part(part.facts.part_class.value, fate) for part, fate in told.parts))


def _part(part_class: str, fate: Fate) -> Part:
    return Part(
        part_class=part_class,
        state=fate.state,
        day=fate.day,
        goes_at=fate.goes_at,
        clause=fate.clause,
        kept_by=_grounds(fate),
    )


def _grounds(fate: Fate) -> tuple[str, ...]:
    grounds: Sequence[str] = [by.ground.value for by in fate.kept_by]
    return tuple(dict.fromkeys(grounds))
