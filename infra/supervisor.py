"""One command runs everything in the foreground, and when it ends, however it ends, nothing is left running."""

import http.client
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import TextIO

from infra.embedded import Endpoints, Stack
from infra.ports import LOOPBACK
from infra.processes import Child, PartFailed
from vault.settings import process_environment

HEALTH_PATH = "/v1/health"
HEALTH_SECONDS = 1.0
STOP_SECONDS = 15


@dataclass(frozen=True)
class Commands:
    """What runs beside the servers; `--port N` is added to `serve`."""

    serve: tuple[str, ...] = (sys.executable, "-m", "vault", "serve")
    work: tuple[str, ...] = (sys.executable, "-m", "vault", "work")


@dataclass(frozen=True)
class Running:
    """What is up: for those who greet the user, load samples or drive a demo."""

    endpoints: Endpoints
    logs: Path

    @property
    def url(self) -> str:
        return self.endpoints.public_url

    @property
    def page(self) -> str:
        """What a browser opens; the server listens on that name's IPv4 address, which browsers try too."""
        return self.endpoints.origin


def nothing(_: object) -> None:
    """Do nothing, where a caller has nothing to add."""


def run(
    data: Path,
    *,
    port: int | None = None,
    before_serving: Callable[[Endpoints], None] = nothing,
    after_ready: Callable[[Running], None] = nothing,
    commands: Commands | None = None,
    clock_offset: bool = False,
    out: TextIO | None = None,
) -> int:
    """Run the stack, the API and a worker until Ctrl-C, SIGTERM or the death of a part; the process's exit code.

    `before_serving` migrates once the servers answer; `after_ready` is called once the API does.
    """
    out = out or sys.stdout
    try:
        with (
            _stop_signals() as ignore_signals,
            running(data, port=port, before_serving=before_serving, commands=commands, clock_offset=clock_offset) as (
                up,
                check,
            ),
        ):
            try:
                _call(after_ready, up, check)
                _watch(up, check, out)
            finally:
                ignore_signals()  # from here on everything stops in order; a second Ctrl-C must not cut that short
                out.write("\nStopping.\n")
    except KeyboardInterrupt:
        out.write("Stopped.\n")
        return 0
    except PartFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


@contextmanager
def running(
    data: Path,
    *,
    port: int | None = None,
    before_serving: Callable[[Endpoints], None] = nothing,
    commands: Commands | None = None,
    clock_offset: bool = False,
) -> Iterator[tuple[Running, Callable[[], None]]]:
    """Everything up for the length of a block, with a check that raises PartFailed when a part has died."""
    commands = commands or Commands()
    with Stack(data, api_port=port) as stack, ExitStack() as children:
        endpoints = stack.endpoints
        before_serving(endpoints)
        environment = process_environment() | endpoints.environment(clock_offset=clock_offset)
        api = _start("API", (*commands.serve, "--port", str(endpoints.api_port)), stack.logs, environment)
        children.callback(api.stop)
        api.wait_until(lambda: is_healthy(endpoints.api_port))
        # After the API, which somebody waits for: both together would take twice as long on a small machine.
        worker = _start("Worker", commands.work, stack.logs, environment)
        children.callback(worker.stop)
        children.callback(api.ask_to_stop)  # both at once; they finish what they do side by side

        def check() -> None:
            stack.check()
            api.require_alive()
            worker.require_alive()

        yield Running(endpoints, stack.logs), check


def is_healthy(port: int) -> bool:
    """Whether the API says that it and what it needs are well."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _start(name: str, command: tuple[str, ...], logs: Path, environment: Mapping[str, str]) -> Child:
    return Child.start(
        name,
        command,
        log=logs / f"{name.lower()}.log",
        # Unbuffered, so that the last words of a process that dies are in its log.
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        patience=STOP_SECONDS,
    )


def _call(after_ready: Callable[[Running], None], up: Running, check: Callable[[], None]) -> None:
    try:
        after_ready(up)
    except Exception:
        check()  # a dead part is the better explanation
        raise


def _watch(up: Running, check: Callable[[], None], out: TextIO) -> None:
    """Say how things are: one line kept up to date in a terminal, a line a change elsewhere. Ends by an exception."""
    started, said = time.monotonic(), ""
    while True:
        check()
        healthy = is_healthy(up.endpoints.api_port)
        check()
        state = f"{'healthy' if healthy else 'NOT HEALTHY'} · {up.page} · logs in {up.logs}"
        if out.isatty():
            out.write(f"\r\x1b[K{state} · up {_spell(time.monotonic() - started)} · Ctrl-C stops")
        elif state != said:
            out.write(f"{state}\n")
        out.flush()
        said = state
        time.sleep(HEALTH_SECONDS)


def _spell(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


@contextmanager
def _stop_signals() -> Iterator[Callable[[], None]]:
    """SIGTERM ends the block as Ctrl-C does; gives what makes both be ignored while things stop."""
    names = (signal.SIGINT, signal.SIGTERM)
    before = {name: signal.getsignal(name) for name in names}

    def ignore() -> None:
        for name in names:
            signal.signal(name, signal.SIG_IGN)

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        ignore()
        raise KeyboardInterrupt

    for name in names:
        signal.signal(name, interrupt)
    try:
        yield ignore
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
