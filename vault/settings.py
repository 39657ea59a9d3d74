"""Where the vault's parts are; the only reader of the process's environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vault.clock import Clock, OffsetClock, SystemClock
from vault.mail_settings import MailServer, read_mail_server
from vault.root_key_settings import RootKeySetting, read_root_key

START_SECONDS = 30.0


class SettingMissing(Exception):
    """A part of the vault was started without being told where another part is."""


class SettingInvalid(Exception):
    """A setting is there and cannot be understood."""


@dataclass(frozen=True)
class Settings:
    """The addresses and secrets of one installation. Secrets do not show when printed."""

    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    s3_endpoint: str | None
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)
    keyring_dir: Path
    root_key: RootKeySetting
    next_root_key: RootKeySetting | None = None
    owner_database_url: str | None = field(default=None, repr=False)
    backup_database_url: str | None = field(default=None, repr=False)
    clock_offset_file: Path | None = None
    bucket_prefix: str = "vault"
    secure_cookies: bool = False
    start_seconds: float = START_SECONDS
    """How long a service waits at its start for a catalogue that does not answer yet."""

    mail: MailServer | None = None
    """Who takes the vault's e-mail; without one none is sent, and whoever looks is told so."""

    webhooks_to_private: bool = False
    """Whether webhooks may go to addresses that the internet does not route: where a receiver stands beside it."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read `VAULT_*` variables.

        Raises:
            SettingMissing, SettingInvalid: naming the variable.
        """
        env = os.environ if env is None else env
        offset = env.get("VAULT_CLOCK_OFFSET_FILE")
        return cls(
            database_url=_required(env, "VAULT_DATABASE_URL"),
            broker_url=_required(env, "VAULT_BROKER_URL"),
            s3_endpoint=env.get("VAULT_S3_ENDPOINT"),
            s3_access_key=_required(env, "VAULT_S3_ACCESS_KEY"),
            s3_secret_key=_required(env, "VAULT_S3_SECRET_KEY"),
            keyring_dir=Path(_required(env, "VAULT_KEYRING_DIR")),
            root_key=_root_key(env, "VAULT_ROOT_KEY"),
            next_root_key=_root_key(env, "VAULT_NEXT_ROOT_KEY") if env.get("VAULT_NEXT_ROOT_KEY") else None,
            owner_database_url=env.get("VAULT_OWNER_DATABASE_URL"),
            backup_database_url=env.get("VAULT_BACKUP_DATABASE_URL"),
            clock_offset_file=Path(offset) if offset else None,
            bucket_prefix=env.get("VAULT_BUCKET_PREFIX", "vault"),
            secure_cookies=env.get("VAULT_SECURE_COOKIES", "") == "1",
            start_seconds=_seconds(env, "VAULT_START_SECONDS", START_SECONDS),
            mail=_mail(env),
            webhooks_to_private=env.get("VAULT_WEBHOOKS_TO_PRIVATE", "") == "1",
        )

    def clock(self) -> Clock:
        """The system's clock, or the demo's travelling one where a file for it was named."""
        return OffsetClock(self.clock_offset_file) if self.clock_offset_file else SystemClock()


def _required(env: Mapping[str, str], name: str) -> str:
    try:
        return env[name]
    except KeyError:
        raise SettingMissing(f"{name} is not set.") from None


def _seconds(env: Mapping[str, str], name: str, otherwise: float) -> float:
    text = env.get(name, "")
    if not text:
        return otherwise
    if not text.isdecimal():
        raise SettingInvalid(f"{name} is not a number of seconds, such as 30.")
    return float(text)


def _mail(env: Mapping[str, str]) -> MailServer | None:
    line = env.get("VAULT_SMTP_URL")
    if not line:
        return None
    try:
        return read_mail_server(line, sender=env.get("VAULT_MAIL_FROM"))
    except ValueError as error:
        raise SettingInvalid(f"VAULT_SMTP_URL {error}.") from None


def _root_key(env: Mapping[str, str], name: str) -> RootKeySetting:
    try:
        return read_root_key(_required(env, name), pin=env.get(f"{name}_PIN"))
    except ValueError as error:
        raise SettingInvalid(f"{name} {error}.") from None


def process_environment() -> dict[str, str]:
    """A copy of this process's environment, for starting a child with a few variables more."""
    return dict(os.environ)
