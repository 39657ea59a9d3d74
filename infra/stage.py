"""Where the demo plays: a vault of its own whose clock it moves, and lines that say what was seen."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from infra.cast import Demo
from infra.seed import sign_in_as
from tenants.vocabulary import Role
from vault.client.http import Client, Problem, quotation
from vault.settings import process_environment

T = TypeVar("T")

PATIENCE_SECONDS = 150.0
"""How long a worker may take to do what is due."""

POLL_SECONDS = 0.2


class NotShown(Exception):
    """A step did not show what it promises."""


@dataclass
class Stage:
    """The vault of the demo, as whoever drives it sees it."""

    url: str
    directory: Path
    samples: Path
    demo: Demo
    clock_offset_file: Path
    alive: Callable[[], None]
    """Raises where a part of the vault has died."""

    signed_in: dict[tuple[str, Role], Client] = field(default_factory=dict)

    def person(self, slug: str, role: Role) -> Client:
        """A demo person, signed in since the demo has last travelled."""
        if (slug, role) not in self.signed_in:
            self.signed_in[slug, role] = self.sign_in(slug, role)
        return self.signed_in[slug, role]

    def sign_in(self, slug: str, role: Role) -> Client:
        """A demo person, newly signed in."""
        return sign_in_as(self.demo, self.url, slug, role, now=self.now)

    def now(self) -> datetime:
        """The vault's time."""
        return datetime.now(UTC) + self._offset()

    def travel(self, by: timedelta) -> None:
        """Move the vault's clock on; everybody's session may have ended by then."""
        self.signed_in.clear()
        self.clock_offset_file.write_text(str((self._offset() + by).total_seconds()))

    def until(self, what: str, found: Callable[[], T | None]) -> T:
        """Ask again and again until there is an answer. Raises NotShown after a while."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := found()) is None:
            self.alive()
            if time.monotonic() > deadline:
                raise NotShown(f"{what}: not within {PATIENCE_SECONDS:g} s")
            time.sleep(POLL_SECONDS)
        return answer

    def vault(self, *words: str, client: Client | None = None) -> str:
        """Run a `vault` command; what it says. Raises NotShown where it fails."""
        done = self.run_vault(*words, client=client)
        if done.returncode:
            raise NotShown(f"vault {words[0]} exited with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def run_vault(self, *words: str, client: Client | None = None) -> subprocess.CompletedProcess[str]:
        """Run a `vault` command, in the client's name or, without one, with no address of any vault."""
        environment = {name: text for name, text in process_environment().items() if not name.startswith("VAULT_")}
        environment["VAULT_CLI_CONFIG"] = str(self.directory / "nobody.json")
        if client is not None:
            environment |= {"VAULT_URL": client.url, "VAULT_TOKEN": client.token or ""}
        command = [sys.executable, "-m", "vault", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def _offset(self) -> timedelta:
        try:
            return timedelta(seconds=float(self.clock_offset_file.read_text()))
        except FileNotFoundError:
            return timedelta()


def refusal(status: int, act: Callable[[], object]) -> Problem:
    """The refusal that an act must meet. Raises NotShown where it is let pass, or refused in another way."""
    try:
        act()
    except Problem as problem:
        require(problem.status == status, f"refused with {problem.status} and not {status}: {problem.detail}")
        return problem
    raise NotShown("it was let pass")


def require(true: bool, otherwise: str) -> None:
    """Raise NotShown with these words unless it is true."""
    if not true:
        raise NotShown(otherwise)


def show(step: str, problem: Problem | None = None) -> None:
    """Say what was seen: one line, and with a refusal its reason and the promise behind it."""
    sys.stdout.write(f"✔ {step}\n")
    if problem is not None:
        sys.stdout.write(f"    {problem.status} {problem.title}: {problem.detail}\n")
        if problem.clause:
            sys.stdout.write(f"    {quotation(problem.clause)}\n")
    sys.stdout.flush()
