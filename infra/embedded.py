"""The embedded stack is made of the real servers, as children of this process, with all data under one directory."""

import contextlib
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from infra import postgres, seaweedfs, valkey
from infra.ports import LOOPBACK, is_free, reserved
from infra.processes import Child, PartFailed

DEFAULT_DATA = Path(".vault")
API_PORT = "api"
PORT_NAMES = (API_PORT, "postgres", "valkey", *seaweedfs.PORTS)
SECRET_NAMES = (
    "postgres_superuser",
    "postgres_owner",
    "postgres_application",
    "postgres_objects",
    "postgres_backup",
    "valkey",
    "volume_write",
    "volume_read",
    "filer_write",
    "filer_read",
    "s3_access_key",
    "s3_secret_key",
)


@dataclass(frozen=True, repr=False)
class Endpoints:
    """Where the parts are reached and with which credentials; never printed."""

    database_url: str
    owner_database_url: str
    backup_database_url: str
    broker_url: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    keyring_dir: Path
    root_key_file: Path
    clock_offset_file: Path
    public_url: str
    api_port: int

    @property
    def origin(self) -> str:
        """Where browsers go: passkeys are bound to a host's name, and an address has none."""
        return self.public_url.replace(LOOPBACK, "localhost")

    def environment(self, *, clock_offset: bool = False) -> dict[str, str]:
        """Settings of a vault process that uses this stack; with `clock_offset`, its clock can be moved by the file."""
        variables = {
            "VAULT_DATABASE_URL": self.database_url,
            "VAULT_OWNER_DATABASE_URL": self.owner_database_url,
            "VAULT_BACKUP_DATABASE_URL": self.backup_database_url,
            "VAULT_BROKER_URL": self.broker_url,
            "VAULT_S3_ENDPOINT": self.s3_endpoint,
            "VAULT_S3_ACCESS_KEY": self.s3_access_key,
            "VAULT_S3_SECRET_KEY": self.s3_secret_key,
            "VAULT_KEYRING_DIR": str(self.keyring_dir),
            "VAULT_ROOT_KEY": f"file:{self.root_key_file}",
            "VAULT_PUBLIC_URL": self.public_url,
            "VAULT_ORIGIN": self.origin,
            # Everybody comes from this one machine, and tests come quickly.
            "VAULT_LIMITS": "off",
        }
        return variables | ({"VAULT_CLOCK_OFFSET_FILE": str(self.clock_offset_file)} if clock_offset else {})


class Stack:
    """PostgreSQL, Valkey and SeaweedFS in one data directory; a context manager.

    Enter it from the main thread: Linux ties a child's life to the thread that started it. A second stack in the
    same directory is refused; what a killed one left running is stopped first.

    Args:
        durable: whether what is acknowledged survives a power cut; tests, which throw all away, need only that it
            survives the parts being killed.
    """

    def __init__(self, data: Path = DEFAULT_DATA, *, api_port: int | None = None, durable: bool = True) -> None:
        self.data = data.absolute()
        self._durable = durable
        self._api_port = api_port
        self._children: list[Child] = []
        self._complete = False
        self._lock = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start every part and wait until it answers; raises PartFailed with nothing left running."""
        self._prepare_directory()
        try:
            self._lock.enter_context(_locked(self.data / "lock"))
            self._configure()
            for child in self._started():
                self._children.append(child)
            self._complete = True
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the parts, the last started first, and free the directory."""
        while self._children:
            self._children.pop().stop()
        if self._complete:
            self._seaweedfs.stopped()
        self._complete = False
        self._lock.close()

    def check(self) -> None:
        """Raise PartFailed, naming the part, when one has died."""
        for child in self._children:
            child.require_alive()

    @property
    def processes(self) -> dict[str, int]:
        """Process ids by the parts' names."""
        return {child.name: child.pid for child in self._children}

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def endpoints(self) -> Endpoints:
        return self._endpoints(postgres.DATABASE)

    def fresh_database(self, name: str) -> Endpoints:
        """The same stack with another, empty database: for tests that must not see each other's rows."""
        self._postgres.create_database(name)
        return self._endpoints(name)

    def _endpoints(self, database: str) -> Endpoints:
        public_port = self._ports[API_PORT]
        return Endpoints(
            database_url=self._postgres.url(postgres.APPLICATION, database),
            owner_database_url=self._postgres.url(postgres.OWNER, database),
            backup_database_url=self._postgres.url(postgres.BACKUP, database),
            broker_url=valkey.url(self._ports["valkey"], self._secrets["valkey"]),
            s3_endpoint=self._seaweedfs.endpoint,
            s3_access_key=self._secrets["s3_access_key"],
            s3_secret_key=self._secrets["s3_secret_key"],
            keyring_dir=self.data / "keyring",
            root_key_file=self.data / "root.key",
            clock_offset_file=self.data / "clock-offset",
            public_url=f"http://{LOOPBACK}:{public_port}",
            api_port=public_port,
        )

    def _prepare_directory(self) -> None:
        if not self.data.exists():
            self.data.mkdir(mode=0o700, parents=True)
        # Search permission may have been given so that PostgreSQL's account passes; nobody else may list it.
        self.data.chmod(0o700 | stat.S_IMODE(self.data.stat().st_mode) & stat.S_IXOTH)
        for name in ("logs", "keyring"):
            (self.data / name).mkdir(mode=0o700, exist_ok=True)

    def _configure(self) -> None:
        secret = self._secrets = _remembered_secrets(self.data / "secrets.json")
        self._ports = self._lock.enter_context(reserved(PORT_NAMES, self.data / "ports.json"))
        if self._api_port:
            if not is_free(self._api_port):
                raise PartFailed(f"Port {self._api_port} is taken by another program.")
            self._ports[API_PORT] = self._api_port
        self._postgres = postgres.Postgres(
            self.data / "postgres",
            self.logs / "postgres.log",
            port=self._ports["postgres"],
            passwords=postgres.Passwords(
                superuser=secret["postgres_superuser"],
                owner=secret["postgres_owner"],
                application=secret["postgres_application"],
                objects=secret["postgres_objects"],
                backup=secret["postgres_backup"],
            ),
            durable=self._durable,
        )
        index = seaweedfs.Index(
            LOOPBACK, self._ports["postgres"], postgres.OBJECTS, secret["postgres_objects"], postgres.OBJECTS_DATABASE
        )
        self._seaweedfs = seaweedfs.SeaweedFS(
            self.data / "objects",
            self.logs / "seaweedfs.log",
            ports=self._ports,
            secrets=seaweedfs.Secrets(
                volume_write=secret["volume_write"],
                volume_read=secret["volume_read"],
                filer_write=secret["filer_write"],
                filer_read=secret["filer_read"],
                access_key=secret["s3_access_key"],
                secret_key=secret["s3_secret_key"],
            ),
            index=index,
            durable=self._durable,
        )

    def _started(self) -> Iterator[Child]:
        """Every child as it is started, so that a failure in the middle stops those before it."""
        port, password = self._ports["valkey"], self._secrets["valkey"]
        # PostgreSQL first: it is stopped last, and keeps the names of SeaweedFS's objects.
        yield (database := self._postgres.start())
        yield (broker := valkey.start(self.data / "valkey", self.logs / "valkey.log", port=port, password=password))
        yield (master := self._seaweedfs.start_master())
        database.wait_until(self._postgres.is_ready)
        self._postgres.prepare()
        yield from self._seaweedfs.start_servers(master)
        broker.wait_until(lambda: valkey.is_ready(port, password))


def _remembered_secrets(path: Path) -> dict[str, str]:
    """Random secrets of this data directory, made at its first start."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if missing := [name for name in SECRET_NAMES if name not in known]:
        known |= {name: secrets.token_hex(24) for name in missing}
        unfinished = path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        with unfinished.open("w") as file:
            json.dump(known, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    return known


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the directory; the system frees it when this process ends, however it ends."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PartFailed(f"A vault is already running in {path.parent}.") from None
        yield
