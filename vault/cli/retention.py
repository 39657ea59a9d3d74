"""How retention stands, and what each day has taken or will take."""

from datetime import datetime
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.output import emit, moment, print_table, wants_json, with_json

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(short_help="Say what is overdue or failed, and what each day takes.")
@click.option("--from", "first", type=DAY, help="The first day to show; otherwise today.")
@click.option("--to", "last", type=DAY, help="The last day to show; otherwise a month later.")
@with_json
def calendar(first: datetime | None, last: datetime | None) -> None:
    """Say how retention stands, and show what was due, done, failed or kept on each day, past or ahead.

    The exit code is 1 where something is overdue or has failed.
    """
    wanted = {"from": first and str(first.date()), "to": last and str(last.date())}
    with session.connect() as client:
        now = client.get("/v1/retention")
        days = client.get("/v1/retention/days", **wanted)
    emit({"now": now, "days": days}, *_sentences(now))
    shown = [day for day in days if day["due"]]
    if not wants_json() and shown:
        columns = ("day", "state", "due", "done", "failed", "waiting", "kept", "by", "of")
        print_table(columns, [_row(day) for day in shown])
    if now["overdue"]["parts"] or now["failed"]["parts"]:
        raise click.exceptions.Exit(1)


def _sentences(now: dict[str, Any]) -> list[str]:
    lines = [f"{now['kept']} parts are kept past their day{_listed(now['blocked'], ': ')}."] if now["kept"] else []
    for name, what in (("overdue", "are overdue and untouched"), ("failed", "could not be destroyed completely")):
        if now[name]["parts"]:
            lines.append(f"{now[name]['parts']} parts {what}, the oldest since {moment(now[name]['oldest'])}.")
    if now["alarm"]:
        lines.append("ALARM: it was tried again and again; somebody has to look.")
    if now["next"]:
        lines.append(f"The next go at {moment(now['next'])}.")
    return lines or ["Nothing is due, and nothing lies ahead."]


def _row(day: dict[str, Any]) -> list[str]:
    numbers = [str(day[name]) for name in ("due", "done", "failed", "waiting", "kept")]
    kinds = ", ".join(f"{part['parts']} {part['kind']} {part['part_class']}" for part in day["parts"])
    state = f"{day['state']}, ALARM" if day["alarm"] else day["state"]
    return [day["day"], state, *numbers, _listed(day["blocked"]), kinds]


def _listed(blocked: dict[str, int], before: str = "") -> str:
    return before + ", ".join(f"{parts} {reason}" for reason, parts in blocked.items()) if blocked else ""


COMMANDS = MappingProxyType({"calendar": calendar})
