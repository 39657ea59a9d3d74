"""What a command has to say, for a person as text and tables, and with `--json` for a program."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

AS_JSON = "vault.json"
WIDE = 160
"""Characters of a line where nobody says how wide it is: a pipe or a file."""

UNBROKEN = {"id", "certificate"}
"""Columns of ids, which somebody will copy."""

Command = TypeVar("Command", bound=Callable[..., Any])


def with_json(command: Command) -> Command:
    """Give a command `--json`; everything that it puts out by `emit` then is JSON."""

    def remember(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[AS_JSON] = value

    option = click.option(
        "--json", is_flag=True, expose_value=False, is_eager=True, callback=remember, help="Answer in JSON."
    )
    return option(command)


def wants_json() -> bool:
    """Whether the present command was asked for JSON."""
    return bool(click.get_current_context().meta.get(AS_JSON))


def emit(value: Any, *sentences: str) -> None:
    """Put out a result: as JSON, or as these sentences."""
    if wants_json():
        click.echo(json.dumps(value, indent=1, ensure_ascii=False))
    else:
        for sentence in sentences:
            click.echo(plain(sentence))


def emit_table(value: Any, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Put out a result: as JSON, or as a table; `empty` says that there is no row."""
    if wants_json():
        emit(value)
        return
    lines = [[cell(item) for item in row] for row in rows]
    if lines:
        print_table(columns, lines)
    else:
        click.echo(empty)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table as wide as the terminal; the last column takes what room is left and wraps."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column in UNBROKEN, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(item)) for item in row))
    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)


def cell(item: object) -> str:
    """One value as a table shows it."""
    if item is None:
        return ""
    if isinstance(item, bool):
        return "yes" if item else "no"
    return str(item)


def moment(text: str | None) -> str:
    """A moment of the vault's, in this machine's time."""
    if text is None:
        return ""
    return datetime.fromisoformat(text).astimezone().isoformat(sep=" ", timespec="seconds")


def plain(text: str) -> str:
    """Text that cannot move the cursor, colour or ring: what a source once delivered is only shown."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
