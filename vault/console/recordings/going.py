"""When a recording goes, and why, is told in a sentence with the promise beside it.

Whoever may read about retention is told by what explains it; others, by what they may know of the recording anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tenants.keeping import Change, Fate, State
from tenants.policy import Citation
from tenants.recordings import PartClass
from vault.access.kept import CONTACT, CONTENT, IDENTIFIERS, PEAKS, PLAYBACK, Kept, KeptPart
from vault.console.language import mark, term
from vault.keeping.explaining import Explanation
from vault.keeping.standing import StandingPart

NAMES: Final = {
    CONTENT: mark("The recording itself"),
    CONTACT: mark("The contact record"),
    IDENTIFIERS: mark("What was cut out as an identifier"),
    PEAKS: mark("The waveform"),
    PLAYBACK: mark("The copy that browsers play"),
}
"""What parts are called, by their names."""

STATES: Final = {
    State.KEPT: mark("kept"),
    State.HELD: mark("held"),
    State.DUE: mark("its time is up"),
    State.DESTROYED: mark("destroyed"),
}

BEYOND: Final = mark("held beyond its day")

STATEMENT: Final = mark("A statement of the data subject")

_TOLD: Final = (CONTENT, CONTACT, IDENTIFIERS)
"""The parts that a sentence is made of: what is derived from the content lives and dies with it."""


@dataclass(frozen=True, kw_only=True)
class Going:
    """When one part goes and by which promise; `grounds` are what keeps it beyond that day.

    `goes_at` is None while nobody knows it; `early` says that it went before its day, `late` that its day is past, and
    `soon` that it goes within a day, so that the day alone would not tell when.
    """

    name: str
    called: str
    part_class: PartClass
    state: State
    day: datetime
    goes_at: datetime | None
    clause: Citation | None
    grounds: tuple[str, ...] = ()
    early: bool = False
    late: bool = False
    soon: bool = False
    size: int | None = None
    destruction: UUID | None = None
    changes: tuple[Change, ...] = ()

    @property
    def said(self) -> str:
        """What keeps it, in words."""
        return ", ".join(map(term, self.grounds))

    @property
    def standing(self) -> str:
        """How it stands, in words to be translated: what is held is so before its day too."""
        return BEYOND if self.state is State.HELD and self.late else STATES[self.state]

    def goes_with(self, other: "Going") -> bool:
        """Whether there is nothing else to tell of this part than of the other."""
        return self._fate() == other._fate()

    def _fate(self) -> tuple[object, ...]:
        return self.state, self.day, self.goes_at, self.clause, self.grounds


def going(told: Explanation | None, held: Kept | None) -> list[Going]:
    """Each part's, those first that sentences are made of."""
    known = {part.name: part for part in held.recording.parts} if held else {}
    if told is not None:
        found = [_explained(told, kept, fate, known.get(kept.name)) for kept, fate in told.parts]
    else:
        found = [_kept(held, part) for part in known.values()] if held else []
    return sorted(found, key=lambda each: (_TOLD.index(each.name) if each.name in _TOLD else len(_TOLD), each.name))


def sentences(parts: Iterable[Going]) -> list[tuple[Going, bool]]:
    """The parts to tell of in sentences, each with whether it goes with the first."""
    told = [part for part in parts if part.name in _TOLD]
    return [(part, part is not told[0] and part.goes_with(told[0])) for part in told]


def _called(name: str) -> str:
    return NAMES.get(name, STATEMENT)


def _explained(told: Explanation, kept: StandingPart, fate: Fate, part: KeptPart | None) -> Going:
    ended = fate.state is State.DESTROYED
    return Going(
        name=kept.name,
        called=_called(kept.name),
        part_class=kept.facts.part_class,
        state=fate.state,
        day=fate.day,
        goes_at=fate.goes_at,
        clause=fate.clause,
        grounds=tuple(dict.fromkeys(str(reason.ground) for reason in fate.kept_by)),
        early=ended and fate.goes_at is not None and fate.goes_at < fate.day,
        late=fate.day <= told.at,
        soon=_soon(fate.goes_at, told.at),
        size=part.size if part else None,
        destruction=part.destruction_id if part else None,
        changes=fate.would_change,
    )


def _kept(held: Kept, part: KeptPart) -> Going:
    """As the catalogue tells it to everybody who may find the recording."""
    ends = held.tenancy.contract.ends_at
    day = min(part.destroy_at, ends) if part.destroy_at else ends
    goes_at = part.destroyed_at or (part.goes_at if part.is_held else day)
    return Going(
        name=part.name,
        called=_called(part.name),
        part_class=part.part_class,
        state=_state(part, held.recording.at),
        day=day,
        goes_at=goes_at,
        clause=part.citation,
        grounds=held.recording.holds if part.is_held else (),
        early=part.went_early,
        late=day <= held.recording.at,
        soon=_soon(goes_at, held.recording.at),
        size=part.size,
        destruction=part.destruction_id,
    )


def _soon(goes_at: datetime | None, now: datetime) -> bool:
    return goes_at is not None and goes_at - now < timedelta(days=1)


def _state(part: KeptPart, now: datetime) -> State:
    if part.destroyed_at is not None:
        return State.DESTROYED
    if not part.is_live(now):
        return State.DUE
    return State.HELD if part.is_held else State.KEPT
