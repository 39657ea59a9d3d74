"""The supervisor, in a process of its own, with small stand-ins for the API and the worker."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.infra.test_stack import working_in

pytestmark = pytest.mark.long

API = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/v1/health" else 404)
        self.end_headers()
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Health).serve_forever()
"""
WORKER = "import sys, threading; print('waiting for work'); threading.Event().wait()"
FAILING_WORKER = "import sys; sys.exit('the worker has no work')"
SUPERVISOR = """
import sys
from pathlib import Path
from infra.supervisor import Commands, run
commands = Commands(serve=(sys.executable, "-c", sys.argv[2]), work=(sys.executable, "-c", sys.argv[3]))
greet = lambda up: print("ready", up.url, flush=True)
sys.exit(run(Path(sys.argv[1]), port=int(sys.argv[4]) or None, after_ready=greet, commands=commands))
"""


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One data directory for all of these tests: each finds what the one before it left."""
    path = Path(tempfile.mkdtemp(prefix="vault-supervisor-"))
    yield path
    shutil.rmtree(path)


def supervise(data: Path, *, worker: str = WORKER, port: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(data), API, worker, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(word):
            return line
    raise AssertionError(f"It ended before it said {word!r}: {process.communicate()}")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_order(data: Path, stop: signal.Signals) -> None:
    with supervise(data) as process:
        read_until(process, "ready")
        read_until(process, "healthy")
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(stop)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert not any(child.is_running() for child in children)
    assert (data / "objects" / "ended-in-order").exists()


def test_the_death_of_a_part_ends_everything_and_is_said_in_one_sentence(data: Path) -> None:
    with supervise(data, worker=FAILING_WORKER) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    sentence, *log = errors.splitlines()
    assert sentence.startswith("Worker exited with code 1; its log is ")
    assert log[-1] == "  | the worker has no work"
    assert working_in(data) == []


def test_nothing_outlives_a_supervisor_that_is_killed_outright(data: Path) -> None:
    with supervise(data) as process:
        read_until(process, "ready")
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert len(gone) >= 8
    assert alive == []


def test_the_next_start_finds_the_address_as_it_was(data: Path) -> None:
    addresses = set()
    for _ in range(2):
        with supervise(data) as process:
            addresses.add(read_until(process, "ready"))
            process.terminate()
            process.communicate()
    assert len(addresses) == 1


def test_a_port_that_is_taken_is_named(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with supervise(data, port=port) as process:
            _, errors = process.communicate()
    assert (process.returncode, errors) == (1, f"Port {port} is taken by another program.\n")
