"""Everything on this machine, by one command: servers, API, worker, and at the first start something to try them on."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from infra.cast import Demo
    from infra.supervisor import Running

SEED = "demo.json"
"""The file of the data directory that says who and what was brought in."""

SHOWN = "prh"
"""The controller of the examples."""


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=".vault", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), help="The API's port.  [default: that of the last start]")
@click.option(
    "--samples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Recordings to load at the first start: a folder for each controller.",
)
def up(data: Path, port: int | None, samples: Path | None) -> None:
    """Run everything on this machine until Ctrl-C.

    The first start brings in five controllers with people and, from --samples, recordings.
    """
    from infra.embedded import Endpoints
    from infra.supervisor import Running, run

    def bring_in(running: Running) -> None:
        for line in _greeting(running, _brought_in(running, data / SEED, samples), samples):
            click.echo(line)

    def prepare(endpoints: Endpoints) -> None:
        import asyncio

        from vault.custody.migrate import migrate

        asyncio.run(migrate(endpoints.owner_database_url))

    sys.exit(run(data, port=port, before_serving=prepare, after_ready=bring_in))


def _brought_in(running: "Running", file: Path, samples: Path | None) -> "Demo":
    """The demo, from an earlier start or from this one."""
    from infra.cast import recall

    demo = recall(file)
    if demo.complete:
        return demo
    from infra.seed import SeedFailed, seed
    from vault.settings import Settings

    click.echo("The first start: controllers, people and recordings come in.")
    settings = Settings.from_env(running.endpoints.environment())
    try:
        return seed(running.url, settings, file, samples=samples, say=click.echo)
    except SeedFailed as failed:
        raise click.ClickException(str(failed)) from None


def _greeting(running: "Running", demo: "Demo", samples: Path | None) -> Iterator[str]:
    from infra.cast import FIRM, PEOPLE, SECRET, address
    from tenants.vocabulary import Role

    vault, url = _program(), running.url
    yield ""
    yield f"Open {running.page} in a browser. Its API is described at {url}/v1/openapi.json."
    yield ""
    yield f"Sign in there, or with `{vault} login --url {url} …`; the password of every demo person is {demo.password}"
    yield f"  and the code, which is good once, is what `{vault} code {SECRET}` prints"
    yield f"  {Role.OPERATOR:<14} {address(Role.OPERATOR, FIRM)}"
    for role in PEOPLE:
        yield f"  {role:<14} {address(role, SHOWN)} --controller {SHOWN}"
    yield f"  {'ingest machine':<14} export VAULT_URL={url} VAULT_TOKEN={demo.houses[SHOWN].machine}"
    yield f"Instead of {SHOWN} also: {', '.join(slug for slug in demo.houses if slug != SHOWN)}."
    yield ""
    yield "One command for each journey, as"
    yield f"  operator      {vault} onboard POLICY.toml --starts-on {_today()} --ends-on … --admin … --admin-name …"
    yield f"  machine       {vault} import {(samples or Path('DIRECTORY')) / SHOWN}"
    yield f"  supervisor    {vault} search --number '{_number(samples)}'"
    yield f"                {vault} play ID --purpose quality --reason 'A monthly review' -o call.wav"
    yield f"  administrator {vault} end-contract --reason 'It was terminated'"
    yield f"  operator      {vault} approve PROPOSAL --reason 'We agree'      then: {vault} certificates"
    yield f"  dpo           {vault} audit verify"
    yield f"                {vault} disclose --help      who asks decides nothing; two others do, of whom one is"
    yield "                                             an administrator: administrator, administrator2, dpo"
    yield ""


def _number(samples: Path | None) -> str:
    """A number that is found among the samples."""
    from vault.ingest.manifest import ManifestRow, read_manifest

    rows = read_manifest(samples / SHOWN, now=datetime.now(UTC)) if samples and (samples / SHOWN).is_dir() else ()
    numbers = (row.metadata.contact.get("caller_number") for row in rows if isinstance(row, ManifestRow))
    return str(next(filter(None, numbers), "+358 …"))


def _program() -> str:
    """How this program is called from the present directory."""
    if shutil.which("vault"):
        return "vault"
    here = Path(sys.executable).parent / "vault"
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else str(here)


def _today() -> str:
    return f"{datetime.now(UTC).date()}"


COMMANDS = MappingProxyType({"up": up})
