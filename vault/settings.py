"""Where the vault's parts are; the only reader of the process's environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tenants.retention import RetentionInvalid, parse_retention
from vault.clock import Clock, OffsetClock, SystemClock
from vault.mail_settings import MailServer, read_mail_server
from vault.root_key_settings import RootKeySetting, read_root_key
from vault.web_settings import WebSettings, read_web

START_SECONDS = 30.0
LOG_ORIGIN = "recording-vault.invalid/log"
ORIGIN = "http://localhost:8080"


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
    log_origin: str = LOG_ORIGIN
    """What the name of every log begins with (c2sp.org/tlog-checkpoint): an address without its scheme, for good."""

    origin: str = ORIGIN
    """Where browsers reach the vault, such as https://vault.example: passkeys are good there and nowhere else."""

    web: WebSettings = field(default_factory=WebSettings)
    """How it meets the network: hosts, balancers, limits, cookies and times."""

    start_seconds: float = START_SECONDS
    """How long a service waits at its start for a catalogue that does not answer yet."""

    mail: MailServer | None = None
    """Who takes the vault's e-mail; without one none is sent, and whoever looks is told so."""

    webhooks_to_private: bool = False
    """Whether webhooks may go to addresses that the internet does not route: where a receiver stands beside it."""

    log_keep: str = "P6Y"
    """How long the platform's own log tells what happened (ISO 8601); each controller's policy says it of its own."""

    providers_to_private: bool = False
    """Whether controllers' identity providers may stand at such addresses: where one stands beside the vault."""

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
            log_origin=_log_origin(env),
            origin=_origin(env),
            web=_web(env),
            start_seconds=_seconds(env, "VAULT_START_SECONDS", START_SECONDS),
            mail=_mail(env),
            webhooks_to_private=env.get("VAULT_WEBHOOKS_TO_PRIVATE", "") == "1",
            providers_to_private=env.get("VAULT_PROVIDERS_TO_PRIVATE", "") == "1",
            log_keep=_log_keep(env),
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


def _log_origin(env: Mapping[str, str]) -> str:
    origin = env.get("VAULT_LOG_ORIGIN", LOG_ORIGIN)
    if (
        not origin.isascii()
        or not origin.isprintable()
        or " " in origin
        or "+" in origin
        or origin.strip("/") != origin
    ):
        raise SettingInvalid("VAULT_LOG_ORIGIN is not an address without scheme, such as log.example/vault.")
    return origin


def _web(env: Mapping[str, str]) -> WebSettings:
    try:
        return read_web(env)
    except ValueError as error:
        raise SettingInvalid(str(error)) from None


def _origin(env: Mapping[str, str]) -> str:
    origin = env.get("VAULT_ORIGIN", ORIGIN)
    parts = urlsplit(origin)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname != "localhost"):
        raise SettingInvalid("VAULT_ORIGIN is not an origin such as https://vault.example (RFC 6454).")
    if origin != f"{parts.scheme}://{parts.netloc}" or parts.username is not None:
        raise SettingInvalid("VAULT_ORIGIN has a scheme, a host and perhaps a port, and nothing else.")
    return origin


def _mail(env: Mapping[str, str]) -> MailServer | None:
    line = env.get("VAULT_SMTP_URL")
    if not line:
        return None
    try:
        return read_mail_server(line, sender=env.get("VAULT_MAIL_FROM"))
    except ValueError as error:
        raise SettingInvalid(f"VAULT_SMTP_URL {error}.") from None


def _log_keep(env: Mapping[str, str]) -> str:
    keep = env.get("VAULT_LOG_KEEP", "P6Y")
    try:
        if parse_retention(keep).duration is None:
            raise RetentionInvalid("write an ISO 8601 duration such as P6Y")
    except RetentionInvalid as error:
        raise SettingInvalid(f"VAULT_LOG_KEEP is not how long a log is kept: {error}.") from None
    return keep


def _root_key(env: Mapping[str, str], name: str) -> RootKeySetting:
    try:
        return read_root_key(_required(env, name), pin=env.get(f"{name}_PIN"))
    except ValueError as error:
        raise SettingInvalid(f"{name} {error}.") from None


def process_environment() -> dict[str, str]:
    """A copy of this process's environment, for starting a child with a few variables more."""
    return dict(os.environ)
