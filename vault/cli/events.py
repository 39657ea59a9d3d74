"""The log searched, and taken out for a spreadsheet or a SIEM."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import click

from vault.cli import session
from vault.cli.options import ID
from vault.cli.output import emit_table, moment, with_json
from vault.client.http import Client

FORMS: Final = ("jsonl", "csv", "ocsf", "cef")
PAGE: Final = 500

MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.command("search", short_help="Search the log.")
@click.option("--act", "acts", multiple=True, help="Such as access.opened; infra/audit-events.md has them all.")
@click.option("--actor", type=ID, metavar="MEMBER", help="What this member did.")
@click.option("--object", "object_id", type=ID, metavar="ID", help="What was done with this, such as a recording.")
@click.option("--purpose", help="For which purpose of the policy.")
@click.option("--outcome", type=click.Choice(["done", "refused"]))
@click.option("--from", "since", type=MOMENT, help="From this moment on; without an offset, of this machine.")
@click.option("--to", "until", type=MOMENT, help="Before this moment.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@with_json
def search(since: datetime | None, until: datetime | None, limit: int, acts: tuple[str, ...], **asked: str) -> None:
    """Search the log, the newest first: one recording's story, one person's acts, every refusal."""
    named = {"actor": asked["actor"], "object": asked["object_id"], "purpose": asked["purpose"]}
    wanted = {"acts": list(acts), "outcome": asked["outcome"], "from": _moment(since), "to": _moment(until)} | named
    with session.connect() as client:
        found = _found(client, {name: value for name, value in wanted.items() if value}, limit)
    columns = ("number", "at", "act", "by", "object", "outcome", "purpose", "details")
    emit_table(found, columns, [_row(event) for event in found], empty="No event is like that.")


def take_out(output: Any, form: str, after: int, since: datetime | None, until: datetime | None) -> None:
    """Write the log in a form of `FORMS`, in order, as it comes."""
    asked = {"format": form, "after": after, "from": _moment(since), "to": _moment(until)}
    parameters = {name: value for name, value in asked.items() if value is not None}
    with session.connect() as client, client.stream("GET", "/v1/audit/export", params=parameters) as answer:
        for piece in answer.iter_bytes():
            output.write(piece)


def _found(client: Client, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: int | None = None
    while len(found) < limit:
        asked = wanted | {"limit": min(PAGE, limit - len(found))} | ({} if cursor is None else {"cursor": cursor})
        page = client.post("/v1/audit/search", asked)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    return found


def _row(event: Mapping[str, Any]) -> tuple[object, ...]:
    details = ", ".join(f"{name} {value}" for name, value in event["details"].items())
    told = (event["seq"], moment(event["at"]), event["act"], event["actor"] or "the vault", event["object"])
    return *told, event["outcome"], event["purpose"], details


def _moment(at: datetime | None) -> str | None:
    return None if at is None else (at if at.tzinfo else at.astimezone()).isoformat()


COMMANDS: Final = (search,)
