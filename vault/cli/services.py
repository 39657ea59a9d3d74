"""The processes of an installation, and what its administrator does on the machine itself."""

import sys
from functools import partial
from pathlib import Path
from types import MappingProxyType

import click

from vault.cli.options import COUNTRY
from vault.cli.output import emit, with_json
from vault.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.option("--certificate", type=_FILE, help="The vault's own certificate, PEM, where TLS ends here.")
@click.option("--key", type=_FILE, help="Its key.")
@click.option("--client-ca", type=_FILE, help="Whose certificates clients may come with (mutual TLS).")
def serve(host: str, port: int, certificate: Path | None, key: Path | None, client_ca: Path | None) -> None:
    """Serve the API. Settings come from VAULT_* variables."""
    import uvicorn

    from vault import logs
    from vault.api.serving import Tls, served
    from vault.app import create_app
    from vault.assembly import open_custody

    if (certificate is None) != (key is None) or (client_ca and not certificate):
        raise click.UsageError("--certificate and --key come together, and --client-ca with them.")
    tls = Tls(certificate=certificate, key=key, client_ca=client_ca) if certificate and key else None
    logs.configure()
    settings = Settings.from_env()
    app = create_app(partial(open_custody, settings, waiting=True), web=settings.web)
    server = uvicorn.Server(served(app, settings.web, host=host, port=port, tls=tls))
    server.run()
    if not server.started:
        sys.exit(1)


@click.command(short_help="Do what is due, as a worker.")
def work() -> None:
    """Do what is due: expiry, contract ends, expired uploads. Settings come from VAULT_* variables."""
    from vault import logs
    from vault.worker import run

    logs.configure()
    sys.exit(run(Settings.from_env()))


@click.command(short_help="Bring the catalogue to its newest shape.")
@with_json
def migrate() -> None:
    """Bring the catalogue to its newest shape, as the role in VAULT_OWNER_DATABASE_URL."""
    import asyncio

    from vault.custody import migrate as catalogue

    settings = Settings.from_env()
    if settings.owner_database_url is None:
        raise click.ClickException("VAULT_OWNER_DATABASE_URL is not set: the application's own role may not migrate.")
    asyncio.run(catalogue.migrate(settings.owner_database_url))
    emit({"current": True}, "The catalogue is up to date.")


@click.command(short_help="Invite an operator, from the vault's own machine.")
@click.argument("email")
@click.argument("name")
@click.option("--country", required=True, type=COUNTRY, help="Where they work from (ISO 3166-1), such as FI.")
@with_json
def operator(email: str, name: str, country: str) -> None:
    """Invite an operator of the outsourcing firm; prints the invitation, once. Take it up with `vault redeem`.

    Whoever works from outside of the EEA reaches nothing of a controller that has not let them in (`vault support`).
    """
    import asyncio

    invitation = asyncio.run(_invite(email, name, country))
    emit({"invitation": invitation}, invitation)


@click.command("invite-again", short_help="Replace an invitation that was lost.")
@click.argument("email")
@click.option("--controller", default="", help="The controller's short name; operators have none.")
@click.option("--show", is_flag=True, help="Print it although there is e-mail; the log says so.")
@with_json
def invite_again(email: str, controller: str, show: bool) -> None:
    """Replace a lost invitation of somebody who has not taken one up yet; prints the new one, once.

    That of a controller's administrator or DPO goes by e-mail to them alone, where a mail server is set up.
    """
    import asyncio

    invitation = asyncio.run(_invite_again(controller, email, show))
    emit({"invitation": invitation}, invitation or "The invitation goes by e-mail to them alone.")


@click.command("operator-country", short_help="Say from where an operator works now.")
@click.argument("email")
@click.argument("country", type=COUNTRY)
@with_json
def operator_country(email: str, country: str) -> None:
    """Say, on the vault's own machine, from which COUNTRY (ISO 3166-1) an operator works now. The log keeps both."""
    import asyncio

    asyncio.run(_set_country(email, country))
    emit({"country": country}, f"{email} works from {country} from now on.")


async def _invite(email: str, name: str, country: str) -> str:
    from tenants.vocabulary import Role
    from vault.assembly import open_custody
    from vault.members import NewMember, first_operator

    async with open_custody(Settings.from_env()) as custody:
        member = NewMember(email=email, name=name, roles=(Role.OPERATOR,), country=country)
        return (await first_operator(custody, member)).secret


async def _invite_again(controller: str, email: str, show: bool) -> str | None:
    from vault.assembly import open_custody
    from vault.identity import inviting

    async with open_custody(Settings.from_env()) as custody:
        issued = await inviting.invite_again(custody, controller, email, show=show)
        return issued.secret if issued else None


async def _set_country(email: str, country: str) -> None:
    from vault.assembly import open_custody
    from vault.members import set_country

    async with open_custody(Settings.from_env()) as custody:
        await set_country(custody, email, country)


COMMANDS = MappingProxyType(
    {
        "serve": serve,
        "work": work,
        "migrate": migrate,
        "operator": operator,
        "operator-country": operator_country,
        "invite-again": invite_again,
    }
)
