"""Signing in, and letting others in."""

import sys
import time
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import click
import pyotp

from tenants.vocabulary import Role
from vault.cli import session
from vault.cli.failures import fail
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import Client, Problem, segment, sign_in

APP_SECONDS = 30
"""How long an authenticator app shows a code."""


@click.command()
@click.argument("email")
@click.option("--url", help="The vault's address.  [default: VAULT_URL, or the last one]")
@click.option("--controller", default="", help="The controller's short name; operators have none.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--code", help="The present code of your authenticator app, or a recovery code.  [default: is asked for]")
@with_json
def login(email: str, url: str | None, controller: str, password_stdin: bool, code: str | None) -> None:
    """Sign in with a password and a code, for the commands that follow."""
    url = (url or session.current().url).rstrip("/")
    password = _password(password_stdin)
    client, until = sign_in(url, controller, email, password, code or click.prompt("Code"))
    client.close()
    path = session.remember(session.Session(url, client.token))
    whose = controller or "the outsourcing firm"
    shadowed = session.current().token != client.token
    emit(
        {"url": url, "controller": controller, "expires_at": until, "file": str(path)},
        f"Signed in at {url} as {email} of {whose}, until {moment(until)}.",
        *(["VAULT_TOKEN or VAULT_URL is set and goes before this: unset it."] if shadowed else []),
    )


@click.command()
@with_json
def logout() -> None:
    """End the session, here and in the vault."""
    remembered = session.current()
    if remembered.token is not None:
        try:
            with Client(remembered.url, remembered.token) as client:
                client.delete("/v1/sessions/current")
        except Problem as problem:
            if problem.slug not in {"unauthenticated", "destroyed"}:  # it has ended already
                raise
    session.forget()
    emit({"url": remembered.url}, f"Signed out of {remembered.url}.")


@click.command(short_help="Take up an invitation.")
@click.argument("invitation", required=False)
@click.option("--url", help="The vault's address.  [default: VAULT_URL, or the last one]")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--secret", help="Of a hardware token that came with one (base 32).  [default: the vault makes one]")
@with_json
def redeem(invitation: str | None, url: str | None, password_stdin: bool, secret: str | None) -> None:
    """Take up an invitation by choosing a password of at least 12 characters, and setting up an authenticator app.

    With --password-stdin nothing is asked: the code is computed here, and the secret is to be kept from the answer.
    """
    invitation = invitation or click.prompt("Invitation", hide_input=True)
    password = _password(password_stdin, confirm=True)
    with Client(url or session.current().url) as client:
        offered = {"secret": secret} if secret else client.post("/v1/invitations/look", {"invitation": invitation})
        if not password_stdin:
            click.echo(f"Enter this secret into an authenticator app: {offered['secret']}", err=True)
        code = totp(offered["secret"]).now() if password_stdin else click.prompt("The code that it shows now")
        body = {"invitation": invitation, "password": password, "code": code, "secret": secret}
        redeemed = client.post("/v1/invitations/redeem", body)
    emit(
        redeemed | {"redeemed": True, "secret": offered["secret"]},
        # A code is good once, and this one was taken to set the app up.
        f"The password is set; sign in with `vault login` and the app's next code, in up to {APP_SECONDS} seconds.",
        f"The secret of the app, as `vault code` takes it: {offered['secret']}",
        "Recovery codes, each good once in place of the app's:",
        *(f"  {each}" for each in redeemed["recovery_codes"]),
    )


@click.command()
@click.argument("secret", required=False)
@with_json
def code(secret: str | None) -> None:
    """Print the present code of an authenticator app's secret (RFC 6238), for scripts and demos."""
    app = totp(secret or click.prompt("Secret", hide_input=True))
    left = app.interval - int(time.time()) % app.interval
    emit({"code": app.now(), "seconds": left}, app.now())


@click.command()
@with_json
def whoami() -> None:
    """Say for whom the vault takes the caller."""
    with session.connect() as client:
        me = client.get("/v1/me")
    emit(me, f"{me['id']} ({', '.join(me['roles'])}) of {me['controller'] or 'the outsourcing firm'}")


@click.group(invoke_without_command=True)
@with_json
@click.pass_context
def members(context: click.Context) -> None:
    """List the controller's members; add one, or stop one."""
    if context.invoked_subcommand is not None:
        return
    with session.connect() as client:
        found = client.get("/v1/members")
    rows = [
        (
            member["id"],
            member["email"],
            member["name"],
            ", ".join(member["roles"]),
            member["agent_id"],
            member["active"],
        )
        for member in found
    ]
    emit_table(found, ("id", "address", "name", "roles", "agent", "active"), rows, empty="Nobody.")


@members.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--agent-id", help="Of an agent: how the telephony system names them.")
@click.option("--reason", help="Why; for another administrator, who confirms an administrator or DPO.")
@with_json
def add_member(email: str, name: str, roles: tuple[str, ...], agent_id: str | None, reason: str | None) -> None:
    """Let somebody, or some machine, in; prints the invitation, once, unless it goes to them alone by e-mail."""
    body = {"email": email, "name": name, "roles": list(roles), "agent_id": agent_id, "reason": reason}
    with session.connect() as client:
        made = client.post("/v1/members", body)
    if made["proposal"]:
        emit(made, f"Proposed: another administrator decides, with `vault approve {made['proposal']} --reason …`.")
        return
    emit(
        made,
        f"Member {made['id']}.",
        invitation_of(made),
        "Taken up with `vault redeem`; a machine needs none, but a token: `vault token`.",
    )


@members.command("stop")
@click.argument("member")
@with_json
def stop_member(member: str) -> None:
    """Stop a member's access, everywhere and within seconds."""
    with session.connect() as client:
        client.delete(f"/v1/members/{segment(member)}")
    emit({"stopped": member}, f"{member} has no access any more.")


@members.command("invite-again")
@click.argument("member")
@with_json
def invite_instead(member: str) -> None:
    """Replace a lost invitation of somebody who has not taken one up; prints the new one, once, unless it is sent."""
    with session.connect() as client:
        _tell_invitation(client.post(f"/v1/members/{segment(member)}/invitation", {}))


@members.command("recover")
@click.argument("email")
@click.option("--reason", required=True, help="How it is known who asks.")
@click.option("--controller", help="The controller's id; only an operator says it.")
@with_json
def recover(email: str, reason: str, controller: str | None) -> None:
    """Propose to give somebody their account back; a second person approves it."""
    with session.connect() as client:
        proposal = client.post("/v1/recoveries", {"email": email, "reason": reason, "controller": controller})
    emit(
        proposal,
        f"Proposed: {proposal['id']}. A second person decides: `vault approve {proposal['id']} --reason …`,",
        f"and one of the two then: `vault members give-back {proposal['id']}`.",
    )


@members.command("give-back")
@click.argument("proposal")
@with_json
def give_back(proposal: str) -> None:
    """The invitation by which somebody comes back whose recovery was approved; prints it, once."""
    with session.connect() as client:
        try:
            made = client.post(f"/v1/recoveries/{segment(proposal)}/invitation", {})
        except Problem as problem:
            if problem.status == HTTPStatus.NOT_FOUND:
                _require_recovery(client.get(f"/v1/proposals/{segment(proposal)}"))
            raise
        _tell_invitation(made)


@click.group("sessions", invoke_without_command=True, short_help="Where you are signed in.")
@with_json
@click.pass_context
def sessions(context: click.Context) -> None:
    """List where you are signed in; end one."""
    if context.invoked_subcommand is not None:
        return
    with session.connect() as client:
        found = client.get("/v1/me/sessions")
    rows = [
        (each["id"], each["method"], moment(each["opened_at"]), moment(each["seen_at"]), each["current"])
        for each in found
    ]
    emit_table(found, ("id", "by", "opened", "last seen", "this one"), rows, empty="Nowhere.")


@sessions.command("end")
@click.argument("one")
@with_json
def end_session(one: str) -> None:
    """End one of your sessions."""
    with session.connect() as client:
        client.delete(f"/v1/me/sessions/{segment(one)}")
    emit({"ended": one}, f"{one} has ended.")


def invitation_of(made: dict[str, Any]) -> str:
    """An invitation in a sentence, or that nobody else sees it."""
    if made["invitation"] is None:
        return "The invitation goes by e-mail to them alone."
    return f"Invitation, until {moment(made['expires_at'])}, to hand over: {made['invitation']}"


def _require_recovery(proposal: dict[str, Any]) -> None:
    """End the command where a proposal gives no account back, with what makes the invitation that was wanted."""
    if proposal["action"] == "invite_member":
        next_one = f" Their invitation is made by `vault members invite-again {proposal['object']}`."
        fail(f"The proposal {proposal['id']} lets somebody in; it gives no account back.{next_one}")
    if proposal["action"] != "recover_account":
        fail(f"The proposal {proposal['id']} gives no account back: it is of another kind, {proposal['action']}.")


def _tell_invitation(made: dict[str, Any]) -> None:
    emit(made, invitation_of(made))


def totp(secret: str) -> pyotp.TOTP:
    """The app of a secret. Raises BadParameter where it is none."""
    try:
        app = pyotp.TOTP(secret.replace(" ", "").upper())
        app.now()
    except ValueError:
        raise click.BadParameter("This is not a secret in base 32.") from None
    return app


def _password(from_stdin: bool, *, confirm: bool = False) -> str:
    if from_stdin:
        return sys.stdin.readline().removesuffix("\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=confirm)
    return password


COMMANDS = MappingProxyType(
    {
        "login": login,
        "logout": logout,
        "redeem": redeem,
        "code": code,
        "whoami": whoami,
        "members": members,
        "sessions": sessions,
    }
)
