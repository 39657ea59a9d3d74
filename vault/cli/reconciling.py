"""Whether catalogue and store agree, and the catalogue made anew from the store."""

import asyncio
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from vault.cli import session
from vault.cli.output import emit, emit_table, moment, wants_json, with_json
from vault.settings import Settings

if TYPE_CHECKING:
    from vault.reconciliation.afterwards import Caught

PATIENCE_SECONDS = 600.0


@click.command(short_help="Whether catalogue and store agree.")
@click.option("--now", "at_once", is_flag=True, help="Compare from one end to the other now, and wait for it.")
@with_json
def reconcile(at_once: bool) -> None:
    """Show what the newest comparison of catalogue and store found, and what was done about each finding."""
    with session.connect() as client:
        if at_once:
            _compare(client)
        found = client.get("/v1/reconciliation")["items"]
    columns = ("controller", "compared", "objects", "parts", "opened", "not copied", "found")
    rows = [
        (
            one["slug"],
            moment(one["completed_at"]) or ("under way" if one["round"] else "never"),
            one["objects"],
            one["parts"],
            one["opened"],
            one["to_copy"],
            ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(one["counts"].items())),
        )
        for one in found
    ]
    emit_table(found, columns, rows, empty="There is no controller.")
    for finding in [] if wants_json() else [each for one in found for each in one["findings"]]:
        place = finding["recording"] or finding["object_key"] or ""
        emit(None, f"  {finding['kind']} {place}: {finding['action']}. {finding['explanation']}")


def _compare(client: Any) -> None:
    """Ask for a round and wait until one that began since is complete."""
    before = [one["completed_at"] for one in client.get("/v1/reconciliation")["items"]]
    client.request("POST", "/v1/reconciliation")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while client.get("/v1/reconciliation")["items"][0]["completed_at"] in (before[0], None):
        if time.monotonic() > deadline:
            raise click.ClickException("The comparison goes on; `vault reconcile` shows it when it is complete.")
        time.sleep(0.5)


@click.command(short_help="Make a lost catalogue anew from the store and the keyring.")
@with_json
def rebuild() -> None:
    """Enter controllers, recordings, holds and index into an empty catalogue, from their copies in the store.

    Run it on the vault's own machine, with the API and the workers stopped. Members, passwords and certificates
    are not in the store: they come back only from a backup of the catalogue.
    """
    from vault import logs

    logs.configure()
    settings = Settings.from_env()
    if settings.owner_database_url is None:
        raise click.ClickException("VAULT_OWNER_DATABASE_URL is not set: the application's own role may not migrate.")
    caught = asyncio.run(_rebuild(settings, settings.owner_database_url))
    items = [
        {"tenant": str(one.tenant), "slug": one.slug, "findings": one.findings, "log_taken_back": one.log_taken_back}
        for one in caught
    ]
    lines = [
        f"  {one.slug}: {one.findings.get('unknown_recording', 0)} recordings are back,"
        f" and {one.log_taken_back} events of the log"
        for one in caught
    ]
    emit(
        {"controllers": items},
        f"{len(caught)} controllers are in the catalogue.",
        *lines,
        "Not in the store, and only in a backup of the catalogue: members, passwords, tokens, certificates.",
    )


async def _rebuild(settings: Settings, owner: str) -> "list[Caught]":
    from vault.assembly import open_custody
    from vault.custody.migrate import migrate
    from vault.reconciliation.afterwards import catch_up

    await migrate(owner)
    async with open_custody(settings) as custody:
        return await catch_up(custody, taken_at=None)


COMMANDS = MappingProxyType({"reconcile": reconcile, "rebuild": rebuild})
