"""Every server of the stack listens on a loopback port that was free when it started."""

import json
import random
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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


@contextmanager
def reserved(names: Sequence[str], remembered: Path) -> Iterator[dict[str, int]]:
    """One free port a name: that of the last start where still free, so that addresses stay as they were.

    Nobody else who asks here is given the same one inside the block, which begins before the servers listen.
    """
    earlier = _read(remembered)
    ports: dict[str, int] = {}
    with ExitStack() as tokens:
        for name in names:
            port = earlier.get(name, 0)
            while not port or not is_free(port) or (token := _token(port)) is None:
                port = random.choice(RANGE)  # noqa: S311 - an address, not a secret
            tokens.enter_context(token)
            ports[name] = port
        remembered.write_text(json.dumps(ports, indent=1))
        yield ports


def _token(port: int) -> socket.socket | None:
    """What says that a port is spoken for; None where it is already.

    Who starts a server elsewhere cannot hold its port until then. The UDP port of the same number, which none of the
    servers uses, can be held meanwhile, and the system gives it back however the holder ends.
    """
    token = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        token.bind((LOOPBACK, port))
    except OSError:
        token.close()
        return None
    return token


def _read(remembered: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(remembered.read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}
