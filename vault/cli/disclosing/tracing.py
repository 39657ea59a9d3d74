"""Find out from which package a file comes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import click

from vault.cli import session
from vault.cli.output import emit_table, moment, with_json

PIECE = 1 << 20


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
    columns = ("package", "disclosure", "kind", "known by", "made", "organisation", "recipients", "fetched by")
    rows = [
        (
            one["package"],
            one["disclosure"],
            one["kind"],
            one["by"],
            moment(one["made_at"]),
            one["organisation"] or "",
            " ".join(one["recipients"]),
            " ".join(one["fetched_by"]),
        )
        for one in found
    ]
    emit_table(found, columns, rows, empty="It comes from no package of this controller.")


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


COMMANDS = MappingProxyType({"trace": trace})
