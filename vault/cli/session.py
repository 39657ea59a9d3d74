"""Who speaks to which vault: remembered in a file that only its owner reads, or told by VAULT_URL and VAULT_TOKEN."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click

from vault.client.http import Client
from vault.settings import process_environment

DEFAULT_URL = "http://127.0.0.1:8080"
"""Where `vault serve` listens unless told otherwise."""


@dataclass(frozen=True)
class Session:
    """A vault's address and, once signed in, the token by which it knows the caller."""

    url: str
    token: str | None = field(default=None, repr=False)


def current() -> Session:
    """The session of this command; the environment goes before the file."""
    environment, remembered = process_environment(), _remembered()
    url = environment.get("VAULT_URL") or (remembered.url if remembered else DEFAULT_URL)
    token = environment.get("VAULT_TOKEN")
    # A token is said to the vault that gave it and to no other.
    if not token and remembered and remembered.url == url:
        token = remembered.token
    return Session(url, token or None)


def connect() -> Client:
    """A client in the caller's name. Raises UsageError where nobody is signed in."""
    session = current()
    if session.token is None:
        raise click.UsageError(f"Nobody is signed in at {session.url}: `vault login EMAIL`, or set VAULT_TOKEN.")
    return Client(session.url, session.token)


def remember(session: Session) -> Path:
    """Keep a session for the commands that follow; the file it stands in."""
    path = config_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(session), file)
    unfinished.replace(path)
    return path


def forget() -> None:
    """Forget who is signed in, and remember where."""
    remembered = _remembered()
    if remembered:
        remember(Session(remembered.url))


def config_path() -> Path:
    """Where the session is remembered: VAULT_CLI_CONFIG, or below the user's configuration (XDG)."""
    environment = process_environment()
    if named := environment.get("VAULT_CLI_CONFIG"):
        return Path(named)
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "recording-vault" / "session.json"


def state_directory() -> Path:
    """Where the journals of imports are kept, below the user's state (XDG)."""
    home = process_environment().get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "recording-vault"


def _remembered() -> Session | None:
    try:
        said = json.loads(config_path().read_text())
        return Session(str(said["url"]), said["token"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise click.ClickException(f"{config_path()} is not a session of this program; remove it and log in.") from None
