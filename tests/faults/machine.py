"""The whole vault on this machine, of which any part may be killed outright and started again on its data."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from infra import valkey
from infra.embedded import Stack
from infra.processes import Child
from infra.supervisor import Commands, is_healthy
from vault.settings import process_environment

POSTGRESQL, VALKEY, SEAWEEDFS, API, WORKER = "PostgreSQL", "Valkey", "SeaweedFS", "API", "worker"
PARTS = (POSTGRESQL, VALKEY, SEAWEEDFS, API, WORKER)
"""In the order in which they are started: each needs only those before it."""


class Machine(Stack):
    """The servers, one API and one worker. Use it from one thread, whose end would end the processes too."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._ours: dict[str, Child] = {}

    def stop(self) -> None:
        """Stop everything."""
        for child in reversed(self._ours.values()):
            child.stop()
        self._ours.clear()
        super().stop()

    def kill(self, part: str) -> None:
        """What a power cut or an out-of-memory killer does: SIGKILL, to every process of the part at once."""
        children = self._of(part)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        for child in children:
            child.stop()  # it is gone: this only takes note of it

    def revive(self, part: str, forgetful: bool = False) -> None:
        """Start a part again and wait until it answers; `forgetful`: a broker comes back with nothing."""
        if part == POSTGRESQL:
            self._replace(database := self._postgres.start())
            database.wait_until(self._postgres.is_ready)
        elif part == VALKEY:
            self._revive_broker(forgetful)
        elif part == SEAWEEDFS:
            self._replace(master := self._seaweedfs.start_master())
            for server in self._seaweedfs.start_servers(master):
                self._replace(server)
        elif part == API:
            self._ours[API] = api = self._start(API, *Commands().serve, "--port", str(self.endpoints.api_port))
            api.wait_until(lambda: is_healthy(self.endpoints.api_port))
        else:
            self._ours[WORKER] = self._start(WORKER, *Commands().work)

    def require_alive(self) -> None:
        """Raise PartFailed where a part has died that nobody killed."""
        self.check()
        for child in self._ours.values():
            child.require_alive()

    def _revive_broker(self, forgetful: bool) -> None:
        directory, port, password = self.data / "valkey", self._ports["valkey"], self._secrets["valkey"]
        if forgetful:
            shutil.rmtree(directory)
        self._replace(broker := valkey.start(directory, self.logs / "valkey.log", port=port, password=password))
        broker.wait_until(lambda: valkey.is_ready(port, password))

    def _start(self, part: str, *command: str) -> Child:
        environment = process_environment() | self.endpoints.environment(clock_offset=True)
        return Child.start(
            part, command, log=self.logs / f"{part}.log", environment=environment | {"PYTHONUNBUFFERED": "1"}
        )

    def _of(self, part: str) -> list[Child]:
        if part in self._ours:
            return [self._ours[part]]
        return [child for child in self._children if child.name.startswith(part)]

    def _replace(self, child: Child) -> None:
        """Put a child in the place of the one of its name, so that all are stopped in their order."""
        names = [each.name for each in self._children]
        self._children[names.index(child.name)] = child
