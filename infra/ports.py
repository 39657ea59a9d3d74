"""Every server of the stack listens on a loopback port that was free when it started."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Below every system's ephemeral range: there, any program's outgoing connection may take a port before its server
# does, and a client that asks too early may even be connected to itself.
RANGE = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """Whether this machine would let us listen on the loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(names: Sequence[str], remembered: Path) -> dict[str, int]:
    """One free port a name: that of the last start where still free, so that addresses stay as they were."""
    earlier = _read(remembered)
    ports: dict[str, int] = {}
    for name in names:
        port = earlier.get(name, 0)
        while not port or port in ports.values() or not is_free(port):
            port = random.choice(RANGE)  # noqa: S311 - an address, not a secret
        ports[name] = port
    remembered.write_text(json.dumps(ports, indent=1))
    return ports


def _read(remembered: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(remembered.read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}
