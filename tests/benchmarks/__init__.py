"""Every figure is a ratio: we and a peer do the same work by turns in one run, and the medians are compared."""

import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` says how well we do against the peer, the more the better; `target` is its least."""

    name: str
    ours: float
    peer: float
    ratio: float
    target: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.ratio >= self.target


@dataclass(frozen=True)
class Turns:
    """What each contestant took in each round, in seconds."""

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """The median seconds of one contestant."""
        return statistics.median(self.seconds[name])

    def ratio(self, ours: str, peer: str) -> float:
        """How many times faster we are: the median over the rounds, since only one round's two figures compare."""
        rounds = zip(self.seconds[ours], self.seconds[peer], strict=True)
        return statistics.median(theirs / mine for mine, theirs in rounds)


def by_turns(
    contestants: Mapping[str, Callable[[], None]], *, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Turns:
    """Let each work once in every round, one after the other, so that a busy machine hinders all alike.

    `time.thread_time` as the clock counts what the thread computed, not how long it waited for a processor.
    """
    for work in contestants.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            started = clock()
            work()
            seconds[name].append(clock() - started)
    return Turns(seconds)


async def in_turns(contestants: Mapping[str, Callable[[], Awaitable[object]]], *, rounds: int, warm: int = 1) -> Turns:
    """The same where the work is awaited.

    Args:
        warm: how many rounds go before those that count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm + rounds):
        for name, work in contestants.items():
            started = time.perf_counter()
            await work()
            if turn >= warm:
                seconds[name].append(time.perf_counter() - started)
    return Turns(seconds)


def told_turns(contestants: Mapping[str, Callable[[], float]], *, rounds: int, warm: int = 1) -> Turns:
    """The same where each tells itself how many seconds it took, such as a load generator."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm + rounds):
        for name, work in contestants.items():
            took = work()
            if turn >= warm:
                seconds[name].append(took)
    return Turns(seconds)


def tell(rows: Iterable[Row]) -> None:
    """The comparisons of one part, where that is run by itself."""
    for row in rows:
        figures = f"{row.ours:10.2f} {row.peer:10.2f} {row.unit:12} {row.ratio:5.2f} (at least {row.target:.2f})"
        sys.stdout.write(f"{row.name:70} {figures}\n")
