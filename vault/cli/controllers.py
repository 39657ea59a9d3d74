"""The outsourcing firm's side: controllers come in with a policy file and leave at their contract's end."""

from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import click

from vault.cli import session
from vault.cli.options import DAY
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import segment


@click.command(short_help="Bring a controller in from its policy file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--starts-on", type=DAY, required=True, help="The contract's first day.")
@click.option("--ends-on", type=DAY, required=True, help="The contract's last day.")
@click.option("--admin", required=True, help="The first administrator's address.")
@click.option("--admin-name", required=True, help="The first administrator's name.")
@with_json
def onboard(file: Path, starts_on: date, ends_on: date, admin: str, admin_name: str) -> None:
    """Bring a controller in from its policy file.

    Its administrator's invitation goes by e-mail to them alone; where no mail server is set up it is printed, once.
    """
    body = {
        "policy": file.read_text(encoding="utf-8"),
        "contract": {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()},
        "administrator": {"email": admin, "name": admin_name},
    }
    with session.connect() as client:
        made = client.post("/v1/controllers", body)
    emit(
        made,
        f"{made['slug']} is onboarded: controller {made['id']}, contract {made['contract']}, bucket {made['bucket']}.",
        f"Invitation to hand to {admin}: {made['invitation']}"
        if made["invitation"]
        else f"The invitation goes by e-mail to {admin} alone.",
    )


@click.command(short_help="List all controllers, for operators.")
@with_json
def controllers() -> None:
    """List all controllers and where their contracts stand, for operators."""
    with session.connect() as client:
        found = client.get("/v1/controllers")
    columns = ("controller", "state", "from", "until", "region", "name", "certificate")
    names = ("slug", "state", "starts_on", "ends_on", "region", "name", "destruction")
    rows = [[controller[name] for name in names] for controller in found]
    emit_table(found, columns, rows, empty="No controller is onboarded yet: `vault onboard FILE`.")


@click.command()
@with_json
def contracts() -> None:
    """List the contracts that one may see."""
    with session.connect() as client:
        found = client.get("/v1/contracts")
    columns = ("id", "controller", "state", "from", "until", "destroyed", "certificate", "told next")
    names = ("id", "slug", "state", "starts_on", "ends_on")
    rows = [
        [
            *(contract[name] for name in names),
            moment(contract["destroyed_at"])[:10],
            contract["destruction"],
            _told_next(contract),
        ]
        for contract in found
    ]
    emit_table(found, columns, rows, empty="No contract.")


@click.group()
def notices() -> None:
    """Read what was told of a contract's end, and take note of it."""


@notices.command("list")
@with_json
def list_notices() -> None:
    """List the notices, newest first."""
    with session.connect() as client:
        found = client.get("/v1/notices")
    columns = ("id", "controller", "about", "days", "last day", "given", "late", "noted")
    rows = [
        [
            *(notice[name] for name in ("id", "slug", "kind", "days", "ends_on")),
            moment(notice["given_at"]),
            notice["late"],
            "another last day" if notice["superseded_at"] else moment(notice["acknowledged_at"]),
        ]
        for notice in found
    ]
    emit_table(found, columns, rows, empty="Nothing was told yet.")


@notices.command()
@click.argument("notice")
@with_json
def acknowledge(notice: str) -> None:
    """Record that the controller has taken note of a NOTICE."""
    with session.connect() as client:
        noted = client.post(f"/v1/notices/{segment(notice)}/acknowledge", {})
    emit(noted, f"Noted at {moment(noted['acknowledged_at'])}.")


@click.command("end-contract", short_help="Propose a contract's last day; then everything goes.")
@click.argument("controller", required=False)
@click.option("--last-day", type=DAY, help="The contract's new last day.  [default: yesterday, which ends it at once]")
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@with_json
def end_contract(controller: str | None, last_day: date | None, reason: str) -> None:
    """Propose another last day for a contract, earlier or later. After it everything of the controller is destroyed.

    An operator names the CONTROLLER; an administrator has but one. A second person approves it: `vault approve`.
    """
    with session.connect() as client:
        contract = _chosen(client.get("/v1/contracts"), controller)
        last_day = last_day or _yesterday(contract)
        body = {"last_day": last_day.isoformat(), "reason": reason}
        proposed = client.post(f"/v1/contracts/{contract['id']}/changes", body)
    effect = proposed["effect"]
    emit(
        proposed,
        f"Proposed: the contract of {contract['name']} ends on {effect['ends_on']} instead of {effect['instead_of']};"
        f" {effect['recordings']} recordings go from {moment(effect['ends_at'])} on, {effect['held']} of them held.",
        f"A second person decides, one of the two the controller's own: vault approve {proposed['id']}",
    )


def _told_next(contract: dict[str, Any]) -> str:
    """The day, where the contract's days are counted, on which the vault tells of it by itself."""
    notice = contract["next_notice"]
    if notice is None:
        return ""
    return str(datetime.fromisoformat(notice["due_at"]).astimezone(ZoneInfo(contract["time_zone"])).date())


def _chosen(found: list[dict[str, Any]], slug: str | None) -> dict[str, Any]:
    """The contract meant: of several of one controller, that which is not over."""
    named = [contract for contract in found if slug in (None, contract["slug"])]
    living = [contract for contract in named if contract["destroyed_at"] is None]
    if len(living) == 1:
        return living[0]
    if len(named) > 1:
        raise click.UsageError(f"Name one controller: {', '.join(contract['slug'] for contract in living)}.")
    if not named:
        raise click.UsageError("There is no such contract that you may see.")
    return named[0]


def _yesterday(contract: dict[str, Any]) -> date:
    """The day before today where the contract's days are counted."""
    return datetime.now(ZoneInfo(contract["time_zone"])).date() - timedelta(days=1)


COMMANDS = MappingProxyType(
    {
        "onboard": onboard,
        "controllers": controllers,
        "contracts": contracts,
        "notices": notices,
        "end-contract": end_contract,
    }
)
