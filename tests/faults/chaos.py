"""Clients are at work while parts of the vault are killed at random moments; afterwards everything is looked at.

A run is made of rounds. In each, sources of several controllers deliver recordings, time passes now and then (an hour,
a day), so that what is due is destroyed and contracts end, and one or two of the five parts are killed outright at a
random moment and started again. Every few rounds everything is let come to rest and is checked. The dice are seeded:
the same seed kills the same parts after the same delays.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from infra.processes import PartFailed
from tenants.vocabulary import Role
from tests.destruction.aside import bucket_of
from tests.faults.checker import Checker
from tests.faults.clients import Source, asked
from tests.faults.deciders import Decider
from tests.faults.keepers import Keeper
from tests.faults.ledger import Book, Report
from tests.faults.machine import API, PARTS, VALKEY, WORKER, Machine
from tests.faults.rest import A_DAY, Rest
from tests.world import World
from vault.assembly import open_custody
from vault.custody.database import tenant_scope
from vault.custody.migrate import migrate
from vault.custody.register import tenancy
from vault.errors import Unavailable
from vault.settings import Settings

CHECKED_EVERY: Final = 10
ANOTHER: Final = 0.3
"""How often a second part is killed together with the first."""

KILL_WITHIN_SECONDS: Final = 2.5
"""Of a round's beginning: as long as most of what it sets going takes."""

AN_HOUR: Final = timedelta(minutes=62)
CONTRACT_DAYS: Final = (3, 8)
Say = Callable[[str], None]


@dataclass
class Chaos:
    """One run over one machine."""

    machine: Machine
    world: World
    report: Report
    rest: Rest
    room: ThreadPoolExecutor
    """The one thread that starts processes: they live as long as it does."""

    controllers: int
    """How many there are at a time."""

    books: list[Book] = field(default_factory=list)
    told: int = 0
    """How many violations have been told of."""

    async def run(self, rounds: int, say: Say) -> None:
        """So many rounds, checked every few and at the end."""
        for number in range(1, rounds + 1):
            dice = random.Random(f"{self.report.seed} {number}")  # noqa: S311 - dice, not secrets
            await self._fill(dice)
            await self._round(dice, self._victims(number, dice))
            self.report.rounds = number
            if number % CHECKED_EVERY == 0 or number == rounds:
                await self._look(dice, last=number == rounds)
                for sentence in self.report.violations[self.told :]:
                    say(f"  ✘ {sentence}")
                self.told = len(self.report.violations)
                say(f"{number} rounds, {self.report.kills.total()} kills, {len(self.report.violations)} violations")

    async def _fill(self, dice: random.Random) -> None:
        """As many controllers as there should be; another one for each whose contract ends."""
        await self._note_ends()
        while sum(not book.ended for book in self.books) < self.controllers:
            await self.rest.wait([])
            house = await self.world.house("prh", lasts=timedelta(days=dice.randint(*CONTRACT_DAYS)))
            await house.machine()
            await house.person(Role.SUPERVISOR)
            second = await house.member(Role.ADMINISTRATOR)
            self.books.append(Book(house, await bucket_of(house), second))
            self.report.operations["onboarding"] += 1

    def _victims(self, number: int, dice: random.Random) -> list[str]:
        """One part, or two at once, in the order in which they can start again; in five rounds each has its turn."""
        turn, place = divmod(number - 1, len(PARTS))
        turns = random.Random(f"{self.report.seed} turn {turn}").sample(PARTS, len(PARTS))  # noqa: S311 - dice
        victims = {turns[place]} | ({dice.choice(PARTS)} if dice.random() < ANOTHER else set())
        return sorted(victims, key=PARTS.index)

    async def _round(self, dice: random.Random, victims: list[str]) -> None:
        over = asyncio.Event()
        living = [book for book in self.books if not book.ended]
        sources = [self._deliver_until(over, book, random.Random(dice.random())) for book in living]  # noqa: S311 - dice
        keepers = [self._keep_until(over, book, random.Random(dice.random())) for book in living]  # noqa: S311 - dice
        deciders = [self._decide_until(over, book, random.Random(dice.random())) for book in living]  # noqa: S311 - dice
        await asyncio.gather(self._kill(victims, dice, over), self._pass_time(dice), *sources, *keepers, *deciders)
        try:
            await self._in_the_room(self.machine.require_alive)
        except PartFailed as failed:
            self.report.violated(str(failed))
            raise

    async def _deliver_until(self, over: asyncio.Event, book: Book, dice: random.Random) -> None:
        while not over.is_set():
            await Source(book, self.report, dice).deliver()
            await asyncio.sleep(dice.uniform(0, 0.5))

    async def _keep_until(self, over: asyncio.Event, book: Book, dice: random.Random) -> None:
        while not over.is_set():
            await asyncio.sleep(dice.uniform(0, 1.0))
            await Keeper(book, self.report, dice).act()

    async def _decide_until(self, over: asyncio.Event, book: Book, dice: random.Random) -> None:
        while not over.is_set():
            await asyncio.sleep(dice.uniform(0, 2.0))
            await Decider(book, self.report, dice).act()

    async def _pass_time(self, dice: random.Random) -> None:
        """At some moment of the round, or not at all."""
        by = dice.choice((AN_HOUR, A_DAY, None))
        await asyncio.sleep(dice.uniform(0, KILL_WITHIN_SECONDS / 2))
        if by:
            self.world.travel(by)
            self.report.operations["a day passes" if by == A_DAY else "an hour passes"] += 1

    async def _kill(self, victims: list[str], dice: random.Random, over: asyncio.Event) -> None:
        """Kill these at some moment, and start them again a moment later; a broker sometimes with nothing."""
        forgetful = dice.random() < 0.5
        await asyncio.sleep(dice.uniform(0, KILL_WITHIN_SECONDS))
        for part in victims:
            await self._in_the_room(self.machine.kill, part)
            self.report.kills[f"{part} that forgets" if part == VALKEY and forgetful else part] += 1
        await asyncio.sleep(dice.uniform(0, 0.5))
        for part in victims:
            await self._in_the_room(self.machine.revive, part, forgetful)
        over.set()

    async def _look(self, dice: random.Random, *, last: bool) -> None:
        """Let everything come to rest, and check it; at the end also that abandoned uploads are swept away."""
        checker = Checker(self.world, self.report, dice)
        if last:
            self.world.travel(A_DAY + AN_HOUR)
        await self.rest.wait(self.books)
        await self._note_ends()
        await self._release_after_the_end(checker)
        await self._compare()
        for book in self.books:
            await checker.check(book)
        self.books = [book for book in self.books if not book.ended]

    async def _release_after_the_end(self, checker: Checker) -> None:
        """What is held when a contract ends stays, and exactly that, until its controller lets it go."""
        ended = [book for book in self.books if book.ended and any(not keep.over for keep in book.keeps)]
        for book in ended:
            await checker.check_kept_after_end(book)
            for keep in book.keeps:
                if not keep.over:
                    await Keeper(book, self.report, checker.dice).release(keep)
        if ended:
            await self.rest.wait(self.books)

    async def _compare(self) -> None:
        """Hold the store against the catalogue: what a kill left between the two is removed by that."""
        for book in self.books:
            if not book.ended:
                await asked(book.house.administrator, self.report, "POST", "/v1/reconciliation")
        await self.rest.wait(self.books)

    async def _note_ends(self) -> None:
        now = self.world.now()
        for book in self.books:
            with suppress(Unavailable):
                async with tenant_scope(book.house.tenant):
                    contract = (await tenancy(book.house.tenant, at=now)).contract
                book.ended = contract.state_on(now).over

    async def _in_the_room(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.room, work, *arguments)


async def run(rounds: int, seed: int, say: Say, *, controllers: int) -> Report:
    """Start a vault of its own, kill and check it so many rounds, and tell what was found."""
    report = Report(seed)
    data = Path(tempfile.mkdtemp(prefix="vault-faults-"))
    try:
        with ThreadPoolExecutor(1) as room:
            async with _chaos(Machine(data), report, room, controllers) as chaos:
                await chaos.run(rounds, say)
    finally:
        if report.violations:
            say(f"The data and logs of this run are kept in {data}.")
        else:
            shutil.rmtree(data)
    return report


@asynccontextmanager
async def _chaos(machine: Machine, report: Report, room: ThreadPoolExecutor, controllers: int) -> AsyncIterator[Chaos]:
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(room, machine.start)
    try:
        await migrate(machine.endpoints.owner_database_url)
        for part in (API, WORKER):
            await loop.run_in_executor(room, machine.revive, part)
        settings = Settings.from_env(machine.endpoints.environment(clock_offset=True))
        async with (
            open_custody(settings) as custody,
            httpx.AsyncClient(base_url=machine.endpoints.public_url, timeout=30) as client,
        ):
            world = World(client, custody, settings)
            await world.begin()
            yield Chaos(machine, world, report, Rest(world, report), room, controllers)
    finally:
        await loop.run_in_executor(room, machine.stop)
