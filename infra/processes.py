"""A child process dies with its parent, and what an earlier run left behind is stopped before anything starts."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict

import psutil

GUARD = str(Path(__file__).with_name("guard.py"))
POLL_SECONDS = 0.01
LOG_BYTES = 16 * 1024 * 1024


class PartFailed(Exception):
    """A part of the running system did not start, or died; the message is one sentence and the log's last lines."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        lines = last_lines(log) if log else []
        super().__init__("\n".join([sentence, *(f"  | {line}" for line in lines)]))


@dataclass(frozen=True)
class Account:
    """The operating-system account a child runs under."""

    name: str
    uid: int
    gid: int


class AccountArguments(TypedDict, total=False):
    """What `subprocess` takes to start a process under another account."""

    user: int
    group: int
    extra_groups: list[int]


class Child:
    """One process of ours, with its log file and the signal that makes it leave in order."""

    def __init__(
        self, name: str, process: subprocess.Popen[bytes], log: Path, stop_signal: signal.Signals, patience: float
    ) -> None:
        self.name = name
        self.log = log
        self._process = process
        self._stop_signal = stop_signal
        self._patience = patience

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals | None = None,
        patience: float = 20,
    ) -> Self:
        """Start `command` with its output in `log`; when stopped, it is killed after `patience` seconds.

        When this process dies it gets `orphan_signal`, or else `stop_signal`.

        Call it from the main thread: Linux ties the parent-death signal to the thread that forked.
        Without an `environment` the child gets a bare one, so that nothing of the user's shell configures it.
        """
        _rotate(log)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    GUARD,
                    str(int(orphan_signal or stop_signal)),
                    str(os.getpid()),
                    _name(account),
                ]
                + [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=bare_environment(directory or Path("/")) if environment is None else dict(environment),
                # Its own session: Ctrl-C in the terminal reaches us alone, and we stop the parts in order.
                start_new_session=True,
            )
        return cls(name, process, log, stop_signal, patience)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def require_alive(self) -> None:
        """Raise PartFailed, with the log's last lines, when it has died."""
        if (code := self.exit_code()) is not None:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
            raise PartFailed(f"{self.name} {how}; its log is {self.log}.", self.log)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Ask until ready; raise PartFailed when it dies or does not answer in time."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise PartFailed(f"{self.name} did not become ready within {seconds:g} s.", self.log)
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        if self.exit_code() is None:
            self._process.send_signal(self._stop_signal)

    def stop(self) -> None:
        """Ask it to leave, wait, and kill it only when it does not."""
        self.ask_to_stop()
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def package_folder(name: str) -> Path:
    """Where an installed package lies, without importing it: the wheels' own clients are slow to import."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise PartFailed(f"The package {name} is not installed.")
    return Path(spec.submodule_search_locations[0])


def run(
    command: Sequence[str | Path], *, directory: Path, account: Account | None = None, text: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end with `text` as its input and, of the environment, only what `more` adds."""
    return subprocess.run(
        [str(word) for word in command],
        input=text,
        cwd=directory,
        env=bare_environment(directory) | more,
        text=True,
        capture_output=True,
        check=False,
        **_as_account(account),
    )


def bare_environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}


def _name(account: Account | None) -> str:
    return f"{account.uid}:{account.gid}" if account else ""


def _as_account(account: Account | None) -> AccountArguments:
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def last_lines(log: Path, count: int = 8) -> list[str]:
    """The end of a log, for the person who must know why a part died."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def stop_leftovers(directory: Path, program: str, orphan_signal: signal.Signals) -> None:
    """Stop processes of `program` that still work in `directory`: orphans of a run that was killed.

    The caller holds the data directory's lock, so no living stack owns them.
    """
    leftovers = [process for process in psutil.process_iter() if _works_in(process, directory, program)]
    for process in leftovers:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(orphan_signal)
    _, stubborn = psutil.wait_procs(leftovers, timeout=10)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=10)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))


def _works_in(process: psutil.Process, directory: Path, program: str) -> bool:
    try:
        return Path(process.exe()).name == program and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False
