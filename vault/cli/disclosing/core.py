"""Ask for a disclosure, see what it would give, decide on it."""

from types import MappingProxyType

import click

from vault.cli import session
from vault.cli.output import emit_table, moment, with_json


@click.command("list", short_help="List disclosures.")
@click.option("--state", help="Only those in this state, such as requested or approved.")
@click.option("--kind", help="Only those of this kind, such as authority or research.")
@with_json
def list_disclosures(state: str | None, kind: str | None) -> None:
    """List the disclosures that one may see, newest first."""
    with session.connect() as client:
        found = client.get("/v1/disclosures", state=state, kind=kind)
    columns = ("id", "kind", "state", "requested", "until")
    rows = [
        (one["id"], one["kind"], one["state"], moment(one["requested_at"]), moment(one["until"]))
        for one in found["disclosures"]
    ]
    emit_table(found, columns, rows, empty="There is no disclosure.")


COMMANDS = MappingProxyType({"list": list_disclosures})
