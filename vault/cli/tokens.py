"""Tokens for machines and scripts."""

from datetime import datetime
from types import MappingProxyType

import click

from tenants.actions import Action
from vault.cli import session
from vault.cli.options import MOMENT
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import segment


@click.command(short_help="Issue a token for a machine or a script.")
@click.argument("member")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([str(action) for action in Action]),
    help="An action to which the token is narrowed, such as ingest.",
)
@click.option("--until", type=MOMENT, help="When it ends, at most a year from now.  [default: in 90 days]")
@click.option("--certificate", "subject", help="The client certificate it is bound to, such as CN=pbx-1,O=Demo Oy.")
@with_json
def token(member: str, scopes: tuple[str, ...], until: datetime | None, subject: str | None) -> None:
    """Issue a bearer token for a machine or a script; prints it, once."""
    body = {
        "scopes": list(scopes),
        "expires_at": until.isoformat() if until else None,
        "certificate_subject": subject,
    }
    with session.connect() as client:
        issued = client.post(f"/v1/members/{segment(member)}/tokens", body)
    emit(issued, issued["token"])


@click.command(short_help="List a member's tokens, with their last use.")
@click.argument("member")
@with_json
def tokens(member: str) -> None:
    """List a member's live tokens, with their last use."""
    with session.connect() as client:
        found = client.get(f"/v1/members/{segment(member)}/tokens")
    rows = [
        (
            each["id"],
            ", ".join(each["scopes"]) or "all",
            moment(each["created_at"]),
            moment(each["expires_at"]),
            moment(each["last_used_at"]),
            "certificate" if each["bound_to_certificate"] else "",
            each["replaced_by"],
        )
        for each in found
    ]
    heads = ("id", "scopes", "issued", "ends", "last used", "bound to", "replaced by")
    emit_table(found, heads, rows, empty="No tokens.")


@click.command("rotate-token", short_help="Replace a token; the old one stays good for a while.")
@click.argument("token_id")
@click.option("--overlap", type=click.IntRange(0, 168), default=24, show_default=True, help="In hours.")
@with_json
def rotate_token(token_id: str, overlap: int) -> None:
    """Issue a token in place of one, which stays good for the overlap; prints the new one, once."""
    with session.connect() as client:
        replaced = client.post(f"/v1/tokens/{segment(token_id)}/rotation", {"overlap_hours": overlap})
    emit(replaced, replaced["token"])


@click.command("revoke-token", short_help="End a token, at once.")
@click.argument("token_id")
@with_json
def revoke_token(token_id: str) -> None:
    """End a token, in every process within seconds."""
    with session.connect() as client:
        client.delete(f"/v1/tokens/{segment(token_id)}")
    emit({"revoked": token_id}, f"{token_id} is good for nothing any more.")


COMMANDS = MappingProxyType(
    {"token": token, "tokens": tokens, "rotate-token": rotate_token, "revoke-token": revoke_token}
)
