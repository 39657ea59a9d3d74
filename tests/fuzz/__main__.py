"""`make fuzz`: parsers and routes are tried for so many minutes, and what was found; 1 where anything was.

Run as `python -m tests.fuzz MINUTES [SEED]`. Half of the time goes to the parsers, in equal parts, and half to the API.
"""

import asyncio
import importlib.util
import logging
import re
import secrets
import subprocess
import sys
import tempfile
import time
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
STARTING = 120
"""Seconds that a fuzzer may take to begin and to end, on a busy machine."""

_EXECUTED = re.compile(r"number_of_executed_units:\s*(\d+)")


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
    guided = importlib.util.find_spec("atheris") is not None
    _say(f"parsers     {len(PARSERS)}, {seconds} s each, {'guided by coverage' if guided else 'without atheris'}")
    executions = found = 0
    for parser in PARSERS:
        done, trace = _guided(parser.name, seconds, with_seed) if guided else tried(parser, seconds, with_seed)
        executions += done
        if trace:
            found += 1
            _say(f"  {parser.name}: {trace}")
    _say(f"executions  {executions}\nfindings    {found}")
    return found


def _guided(name: str, seconds: int, with_seed: int) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), str(with_seed), folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + STARTING)
        told = done.stdout + done.stderr
        inputs = [kept.read_bytes()[:200] for kept in Path(folder).glob("*-*") if not kept.name.startswith("seed-")]
    executed = _EXECUTED.search(told)
    trace = "" if done.returncode == 0 else f"{inputs}\n{told[-3000:]}"
    return int(executed[1]) if executed else 0, trace


async def _api(seconds: float, with_seed: int) -> int:
    """How many routes answered what they should not; a controller of its own for each round."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    report, until = api.Report(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="vault-fuzz-") as folder, Stack(Path(folder)) as stack:
        settings = Settings.from_env(stack.endpoints.environment(clock_offset=True))
        await migrate(settings.owner_database_url or "")
        async with open_custody(settings) as custody, httpx.AsyncClient() as nobody:
            world = World(nobody, custody, settings)
            async with serve(world, replace(settings.web, limits=MappingProxyType({}))) as world.client:
                await world.begin()
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
