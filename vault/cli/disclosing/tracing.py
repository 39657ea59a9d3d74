"""Find out from which package a file comes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.output import emit, moment, with_json

PIECE = 1 << 20

HOW = MappingProxyType(
    {
        "mark": "bears the mark of",
        "file": "is an original that was also in",
        "manifest": "is the manifest of",
        "sealed_file": "is the sealed file of",
    }
)


@click.command(short_help="Say from which package a file comes.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_json
def trace(file: Path) -> None:
    """Say from which package a FILE comes, and to whom that was given.

    It is known by the mark that stands in the FILE, or by its hash: an original, or a package still sealed. The FILE
    itself is not sent anywhere.
    """
    from vault.packages.marks import marks_in

    marks = marks_in(_pieces(file))
    asked = [{"mark": mark} for mark in marks] or [{"sha256": _sha256(file)}]
    with session.connect() as client:
        found = [one for question in asked for one in client.post("/v1/packages/trace", question)["packages"]]
    lines = [line for one in found for line in _said(one)]
    emit(found, *(lines or ["It comes from no package of this controller."]))


def _said(one: dict[str, Any]) -> Iterator[str]:
    """One package, in sentences."""
    yield f"It {HOW[one['by']]} package {one['package']}, made {moment(one['made_at'])}"
    yield f"  for the disclosure {one['disclosure']} ({one['kind']})"
    if one["organisation"]:
        yield f"  to the organisation {one['organisation']}"
    yield f"  named to receive it: {', '.join(one['recipients']) or 'nobody'}"
    yield f"  fetched all of it: {', '.join(one['fetched_by']) or 'nobody'}"


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


COMMANDS = MappingProxyType({"trace": trace})
