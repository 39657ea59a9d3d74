"""See what listeners wrote before a copy tells it."""

from types import MappingProxyType

import click

from vault.cli import session
from vault.cli.output import emit_table, moment, with_json


@click.command(short_help="Show when and why a recording was listened to.")
@click.argument("disclosure")
@click.argument("recording")
@with_json
def listens(disclosure: str, recording: str) -> None:
    """Show when and why a RECORDING was listened to, as the copy that a DISCLOSURE gives will tell it.

    Look at the reasons before you mark the recording as reviewed: those that stand there then are told.
    """
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{disclosure}/items/{recording}/listens")
    rows = [(moment(one["at"]), one["purpose"], one["reason"]) for one in found["items"]]
    emit_table(found, ("at", "purpose", "reason"), rows, empty="Nobody has listened to it.")


COMMANDS = MappingProxyType({"listens": listens})
