"""Who is in the demo: one firm, five controllers and a person for each role, remembered in one file."""

import os
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from tenants.vocabulary import Role

SLUGS = ("prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24")
FIRM = ""
"""The outsourcing firm, among the controllers' slugs."""

SECOND = "administrator2"
"""A controller's second administrator: two persons decide on what a third one asked for."""

PEOPLE: tuple[str, ...] = (
    Role.ADMINISTRATOR,
    SECOND,
    Role.SUPERVISOR,
    Role.QUALITY,
    Role.TRAINER,
    Role.AGENT,
    Role.DPO,
)
"""Who is let in: whoever has a role, by the role's name."""

SECRET = "DEMODEMODEMODEMODEMODEMODEMODEMO"  # noqa: S105 - of the demo, and published with it
"""The secret of every demo person's authenticator app, clearly no real one."""

AGENT_ID = "agent-1"
CONTRACTS_BEGAN = timedelta(days=3 * 365)


class House(Struct, kw_only=True):
    """One controller of the demo, and how far it was brought in; `machine` is the token of what delivers recordings."""

    let_in: list[str] = []
    machine: str | None = None
    imported: int | None = None


class Demo(Struct, kw_only=True):
    """The demo's people and controllers; kept in a file of mode 0600, since it holds their password and tokens."""

    password: str
    starts_on: date
    operator: bool = False
    houses: dict[str, House] = {}
    complete: bool = False

    def __repr__(self) -> str:
        """Tell nothing secret."""
        return f"Demo(complete={self.complete})"


def address(who: str, slug: str) -> str:
    """The address of a demo person."""
    return f"{who}@{slug or 'firm'}.demo.example"


def called(who: str) -> str:
    """The name of a demo person; the two administrators are told apart by it."""
    return "Demo Second Administrator" if who == SECOND else f"Demo {role_of(who).title()}"


def role_of(who: str) -> Role:
    """The role of a demo person."""
    return Role.ADMINISTRATOR if who == SECOND else Role(who)


def recall(file: Path) -> Demo:
    """The demo as it was written down; where there is none a new one, whose password is on disk before it is used."""
    if not file.exists():
        starts_on = datetime.now(UTC).date() - CONTRACTS_BEGAN
        write(file, Demo(password=secrets.token_hex(8), starts_on=starts_on))
    return msgspec.json.decode(file.read_bytes(), type=Demo)


def write(file: Path, demo: Demo) -> None:
    """Write the demo down, whole or not at all."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(msgspec.json.encode(demo))
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(file)
