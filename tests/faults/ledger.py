"""What clients were told, written down beside the vault: against this it is checked afterwards."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tests.world import As, House


@dataclass
class Report:
    """What a run did and found; `violations` are sentences, and there should be none."""

    seed: int
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def violated(self, sentence: str) -> None:
        """Note something that must never be, once."""
        if sentence not in self.violations:
            self.violations.append(sentence)

    def lines(self) -> list[str]:
        """The report as it is printed."""
        return [
            f"rounds      {self.rounds}",
            f"kills       {self.kills.total()}: {_counts(self.kills)}",
            f"operations  {self.operations.total()}: {_counts(self.operations)}",
            f"checked     {_counts(self.checked)}",
            f"violations  {len(self.violations)}",
            *(f"  ✘ {sentence}" for sentence in self.violations),
            f"seed        {self.seed}",
        ]


@dataclass
class Delivered:
    """One recording as its source knows it. Until it is acknowledged it may be in the vault or not, but never half."""

    source_id: str
    content: bytes = field(repr=False)
    said: dict[str, object]
    recording: UUID | None = None

    @property
    def is_call(self) -> bool:
        """Whether it is a sound, which has a waveform; a chatbot's talk has identifiers, unless it comes too late."""
        return self.said["kind"] == "call"


@dataclass
class Copy:
    """What somebody who copied bucket and catalogue has of one part."""

    key_id: str
    wrapped_key: bytes = field(repr=False)
    recording: UUID
    name: str
    taken_at: datetime


@dataclass
class Keep:
    """A recording that somebody had held: for certain between two instants, and at most until the last was answered."""

    recording: UUID
    since: datetime | None = None
    """When the hold was acknowledged; None while nobody knows whether it was placed."""

    until: datetime | None = None
    """When its release was first asked for."""

    over: bool = False
    """Whether it is certain that nothing holds it any more."""

    def covers(self, day: datetime, moment: datetime) -> bool:
        """Whether a part of that day was certainly held at a moment: what is due already is not held any more."""
        return self.since is not None and self.since < day <= moment and (self.until is None or moment < self.until)


@dataclass
class Book:
    """One controller's recordings, and what was copied of them while they stood."""

    house: House
    bucket: str
    second: As
    """The administrator who decides on what the other proposes."""

    delivered: list[Delivered] = field(default_factory=list)
    copies: dict[tuple[UUID, str], Copy] = field(default_factory=dict)
    """By part and key: one that was held had two."""

    days: dict[UUID, datetime | None] = field(default_factory=dict)
    """The day of each part, as it was first seen."""

    keeps: list[Keep] = field(default_factory=list)
    parts: dict[UUID, int] = field(default_factory=dict)
    """How many parts each recording was seen to have."""

    ordered: dict[UUID, datetime] = field(default_factory=dict)
    """Recordings whose destruction was proposed, and when first."""

    approved: set[str] = field(default_factory=set)
    """Proposals whose approval was acknowledged."""

    shortened: bool = False
    """Whether a version of the policy with a shorter period was proposed."""

    ended: bool = False

    def violated(self, report: Report, sentence: str) -> None:
        """Note something that must never be, of this controller."""
        report.violated(f"{self.house.slug}: {sentence}")

    def may_stand(self, recording: UUID) -> bool:
        """Whether a recording may be kept beyond its days."""
        return any(keep.recording == recording and not keep.over for keep in self.keeps)

    def may_go(self, recording: UUID, moment: datetime) -> bool:
        """Whether a recording may have been destroyed by order at that moment."""
        return recording in self.ordered and self.ordered[recording] <= moment

    def may_move(self, before: datetime | None, after: datetime | None) -> bool:
        """Whether a part's day may be another than it was: an earlier one, by a policy with a shorter period."""
        return self.shortened and before is not None and after is not None and after < before

    @property
    def acknowledged(self) -> list[Delivered]:
        """Those that the vault answers for."""
        return [one for one in self.delivered if one.recording is not None]


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"
