"""A controller's orders and the next version of its policy: each is proposed here, and approved by somebody else."""

import sys
from types import MappingProxyType

import click

from vault.cli import session
from vault.cli.output import emit, with_json
from vault.cli.proposals import sentences


@click.command("order-destruction", short_help="Propose to destroy a recording, or all of a data subject.")
@click.argument("recording", required=False)
@click.option("--number", help="All of the data subject who has this phone number; `-` reads it from standard input.")
@click.option("--agent", help="All of the agent with this id.")
@click.option("--reason", required=True, help="Why; it is kept sealed with the proposal.")
@with_json
def order_destruction(recording: str | None, number: str | None, agent: str | None, reason: str) -> None:
    """Propose to destroy a RECORDING before its time, or all of one data subject. A second person approves it."""
    if sum(what is not None for what in (recording, number, agent)) != 1:
        raise click.UsageError("Name one: a RECORDING, --number or --agent.")
    if number == "-":
        number = sys.stdin.readline().strip()
    subject = {"number": number} if number else {"agent_id": agent}
    what: dict[str, object] = {"recording": recording} if recording else {"subject": subject}
    with session.connect() as client:
        proposal = client.post("/v1/orders/destruction", what | {"reason": reason})
    emit(
        proposal,
        *sentences(proposal),
        f"Somebody else approves it: vault approve {proposal['id']} --reason …",
    )


COMMANDS = MappingProxyType({"order-destruction": order_destruction})
