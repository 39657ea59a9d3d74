"""`make fuzz`: parsers and routes are tried for so many minutes, and what was found; 1 where anything was.

Run as `python -m tests.fuzz MINUTES [SEED]`. Half of the time goes to the parsers, in equal parts, and half to the API.
"""

import asyncio
import importlib.util
import json
import logging
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import httpx
import structlog

from infra.embedded import Stack
from tests.fuzz import api
from tests.fuzz.parsers import PARSERS
from tests.fuzz.plain import tried
from tests.serving import serve
from tests.world import World
from vault.assembly import open_custody
from vault.custody.migrate import migrate
from vault.settings import Settings

LEAST_SECONDS = 2


def main() -> int:
    """Try everything, with a seed that may be given to do the same again."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    with_seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1_000_000)
    _say(f"{minutes:g} minutes; seed {with_seed}")
    found = _parsers(max(LEAST_SECONDS, int(minutes * 30 / len(PARSERS))), with_seed)
    found += asyncio.run(_api(minutes * 30, with_seed))
    _say(f"found       {found}")
    return 1 if found else 0


def _parsers(seconds: int, with_seed: int) -> int:
    """How many parsers raised what they do not document."""
    is_guided = importlib.util.find_spec("atheris") is not None
    _say(f"parsers     {len(PARSERS)}, {seconds} s each, {'guided by coverage' if is_guided else 'without atheris'}")
    executions = found = 0
    for name, done, told in _guided(seconds, with_seed) if is_guided else _plain(seconds, with_seed):
        executions += done
        if told:
            found += 1
            _say(f"  {name}: {told}")
    _say(f"executions  {executions}\nfindings    {found}")
    return found


def _plain(seconds: int, with_seed: int) -> Iterator[tuple[str, int, str]]:
    for parser in PARSERS:
        yield parser.name, *tried(parser, seconds, with_seed)


def _guided(seconds: int, with_seed: int) -> Iterator[tuple[str, int, str]]:
    command = [sys.executable, "-m", "tests.fuzz.guided", str(seconds), str(with_seed)]
    names = {parser.name for parser in PARSERS}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        for line in running.stdout or ():
            said = json.loads(line)
            names.remove(said["name"])
            yield said["name"], said["executions"], said["told"]
    # What ended before its time has found something, or nothing at all has been tried.
    yield from ((name, 0, "It was not tried.") for name in sorted(names))


async def _api(seconds: float, with_seed: int) -> int:
    """How many routes answered what they should not; a controller of its own for each round."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    report = api.Report()
    with tempfile.TemporaryDirectory(prefix="vault-fuzz-") as folder, Stack(Path(folder)) as stack:
        settings = Settings.from_env(stack.endpoints.environment(clock_offset=True))
        await migrate(settings.owner_database_url or "")
        async with open_custody(settings) as custody, httpx.AsyncClient() as nobody:
            world = World(nobody, custody, settings)
            async with serve(world, replace(settings.web, limits=MappingProxyType({}))) as world.client:
                await world.begin()
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    door = await api.door(await world.house("prh"), str(world.client.base_url).rstrip("/"))
                    await asyncio.to_thread(api.fuzz, door, api.operations(), 2, with_seed, report, until)
                    with_seed += 1
    _say("\n".join(report.lines()))
    return len(report.findings)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
