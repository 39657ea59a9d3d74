"""A command that cannot do what it was asked says why in the vault's own words, and exits with 1."""

import json
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import click

from vault.cli.output import plain, wants_json
from vault.client.http import NoId, Problem, Unreachable, quotation
from vault.errors import VaultError
from vault.settings import SettingInvalid, SettingMissing

EXPECTED = (NoId, Problem, Unreachable, VaultError, SettingMissing, SettingInvalid)
"""What may go wrong without a fault in the program."""


def tell(error: Exception) -> None:
    """Say what went wrong on standard error: a problem as JSON where that was asked for, else in sentences."""
    if wants_json():
        click.echo(json.dumps(_body(error), ensure_ascii=False), err=True)
        return
    for line in _lines(error):
        click.echo(plain(line), err=True)


def _body(error: Exception) -> dict[str, Any]:
    if isinstance(error, Problem):
        return {"status": error.status} | error.body
    return {"title": "The command failed", "detail": str(error)}


def _lines(error: Exception) -> Iterator[str]:
    if not isinstance(error, Problem):
        yield str(error)
        return
    yield f"{error.title}. {error.detail}"
    told = set()
    if "errors" in error.body:
        for reason in error.reasons:
            yield f"  {reason.field or '(whole)'}: {reason.rule}: {reason.detail}"
            if reason.clause:
                told.add(reason.clause.get("id"))
                yield f"    {quotation(reason.clause)}"
    if error.clause and error.clause.get("id") not in told:
        yield f"  {quotation(error.clause)}"
    for name in ("destruction", "certificate"):
        if error.body.get(name):
            yield f"  {name} {error.body[name]}"


def fail(sentence: str) -> NoReturn:
    """End the command with this sentence and exit code 1."""
    click.echo(plain(sentence), err=True)
    sys.exit(1)
