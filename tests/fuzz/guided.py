"""Parsers under coverage-guided fuzzing (libFuzzer), each in a process of its own, which libFuzzer ends.

Run as `python -m tests.fuzz.guided SECONDS SEED`; a line of JSON for each parser says how many inputs were tried, and
what was told where one of them made it raise what it does not document. Instrumenting takes long, so it is done once.
"""

import json
import os
import re
import sys
import tempfile
import traceback
from pathlib import Path

import atheris

from tests.fuzz.parser import Parser

with atheris.instrument_imports(include=["tenants", "vault"]):
    from tests.fuzz.parsers import PARSERS

LONGEST = 1 << 15
TOLD = 3000
"""Characters of what is told at most."""

_EXECUTED = re.compile(r"number_of_executed_units:\s*(\d+)")


def main() -> None:
    """Each parser for so many seconds."""
    seconds, with_seed = sys.argv[1:]
    for parser in PARSERS:
        with tempfile.TemporaryDirectory() as folder:
            executions, told = _tried(parser, seconds, with_seed, Path(folder))
        sys.stdout.write(json.dumps({"name": parser.name, "executions": executions, "told": told}) + "\n")
        sys.stdout.flush()


def _tried(parser: Parser, seconds: str, with_seed: str, folder: Path) -> tuple[int, str]:
    inputs, log = folder / "inputs", folder / "log"
    inputs.mkdir()
    for number, content in enumerate(parser.seeds):
        (inputs / f"seed-{number}").write_bytes(content)
    child = os.fork()
    if not child:
        _fuzz(
            parser,
            [f"-max_total_time={seconds}", f"-seed={with_seed}", f"-artifact_prefix={folder}/", str(inputs)],
            log,
        )
    _, status = os.waitpid(child, 0)
    said = log.read_text(errors="replace")
    executed = _EXECUTED.search(said)
    kept = [file.read_bytes()[:200] for file in folder.glob("*-*")]
    return int(executed[1]) if executed else 0, f"{kept}\n{said[-TOLD:]}" if status else ""


def _fuzz(parser: Parser, options: list[str], log: Path) -> None:
    """Never returns: what libFuzzer raises at its end would have the parent's folder removed here."""
    try:
        told = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(told, 1)
        os.dup2(told, 2)
        always = [f"-max_len={LONGEST}", "-timeout=20", "-print_final_stats=1", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *always, *options], parser.take)
        atheris.Fuzz()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
