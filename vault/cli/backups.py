"""What the vault's own machine does against loss: backups, sealed to their keeper, and what follows a restore."""

import asyncio
import io
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from vault.cli.output import emit, emit_table, with_json
from vault.settings import Settings

if TYPE_CHECKING:
    from vault.backups.files import Kind, Label
    from vault.backups.keyring import Ended, Merged
    from vault.reconciliation.afterwards import Caught

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
EXISTING = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
RECIPIENTS = click.option(
    "--recipient", "recipients", multiple=True, required=True, help="An age public key (age1…); may be repeated."
)
IDENTITY = click.option(
    "--identity",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The age identity file of a recipient.",
)


@click.group(short_help="Back up catalogue or keyring, sealed to an age key.")
def backup() -> None:
    """Back up the catalogue or the keyring, each to a file of its own, sealed to an age key (age-keygen makes one).

    Keep the two apart: together they open what a destruction since should have closed.
    """


@backup.command("catalogue")
@FILE
@RECIPIENTS
@with_json
def backup_catalogue(file: Path, recipients: tuple[str, ...]) -> None:
    """Dump the catalogue, as the role in VAULT_BACKUP_DATABASE_URL, which reads every controller's rows."""
    from vault.backups import catalogue
    from vault.backups.files import BackupError, Kind

    settings = Settings.from_env()
    url = _needed(settings.backup_database_url, "VAULT_BACKUP_DATABASE_URL")
    try:
        label = asyncio.run(_label(settings, Kind.CATALOGUE))
        programs = asyncio.run(catalogue.Programs.of(url))
        catalogue.dump(programs, url, file, label, recipients)
        asyncio.run(_noted(settings, label))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    _tell_backup(file, label)


@backup.command("keyring")
@FILE
@RECIPIENTS
@with_json
def backup_keyring(file: Path, recipients: tuple[str, ...]) -> None:
    """Archive the keyring in VAULT_KEYRING_DIR. Its keys are wrapped: without the root key they open nothing."""
    from vault.backups import files, keyring

    settings = Settings.from_env()
    try:
        label = asyncio.run(_label(settings, files.Kind.KEYRING))
        files.seal(io.BytesIO(keyring.archive(settings.keyring_dir)), file, label, recipients)
        asyncio.run(_noted(settings, label))
    except files.BackupError as error:
        raise click.ClickException(str(error)) from error
    _tell_backup(file, label)


@backup.command("prune")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_json
def prune(directory: Path) -> None:
    """Remove the backups in a directory that are past the horizon that the policies promise."""
    from vault.backups import files

    removed = files.prune(directory, now=Settings.from_env().clock().now())
    items = [{"file": str(file)} | _labelled(label) for file, label in removed]
    rows = [(file.name, label.kind.value, label.at.isoformat(), label.until.isoformat()) for file, label in removed]
    emit_table(items, ("file", "of", "taken", "was to be gone"), rows, empty="Nothing here is past its horizon.")


@click.group(short_help="Bring back catalogue or keyring; nothing that was destroyed comes back.")
def restore() -> None:
    """Bring back the catalogue or the keyring from a backup, with the API and the workers stopped.

    What was destroyed since stays destroyed, and what was recorded since is adopted from the store.
    """
    from vault import logs

    logs.configure()


@restore.command("catalogue")
@EXISTING
@IDENTITY
@click.option("--replace", is_flag=True, help="The catalogue that is there may go.")
@with_json
def restore_catalogue(file: Path, identity: Path, replace: bool) -> None:
    """Put the catalogue back, as the role in VAULT_OWNER_DATABASE_URL, and bring it up to what happened since."""
    from vault.backups.files import BackupError

    settings = Settings.from_env()
    owner = _needed(settings.owner_database_url, "VAULT_OWNER_DATABASE_URL")
    try:
        label, caught = asyncio.run(_restore_catalogue(settings, owner, file, identity.read_text(), replace))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    _tell_caught(caught, f"The catalogue is that of {label.at.isoformat()}, brought up to now.", label)


@restore.command("afterwards")
@click.option("--taken-at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]), help="As of when it is.")
@with_json
def afterwards(taken_at: datetime | None) -> None:
    """Bring the catalogue up to what happened since, after the database was restored by its own means."""
    from vault.reconciliation.afterwards import catch_up

    async def run() -> "list[Caught]":
        from vault.assembly import open_custody

        async with open_custody(Settings.from_env()) as custody:
            return await catch_up(custody, taken_at=taken_at)

    _tell_caught(asyncio.run(run()), "The catalogue is brought up to now.", None)


@restore.command("keyring")
@EXISTING
@IDENTITY
@click.option("--without-catalogue", is_flag=True, help="The catalogue is lost too: the marks in the keyring must do.")
@with_json
def restore_keyring(file: Path, identity: Path, without_catalogue: bool) -> None:
    """Bring keys back into VAULT_KEYRING_DIR, except those that were destroyed since or whose instant has come."""
    from vault.backups.files import BackupError

    try:
        merged = _restore_keyring(Settings.from_env(), file, identity.read_text(), without_catalogue)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    emit(
        vars(merged),
        f"{merged.restored} keys are back, {merged.kept} were here.",
        f"{merged.destroyed} were destroyed since and stay so; {merged.other_tenant_key} were wrapped anew since.",
    )


async def _restore_catalogue(
    settings: Settings, owner: str, file: Path, identity: str, replace: bool
) -> "tuple[Label, list[Caught]]":
    from vault.assembly import open_custody
    from vault.backups import catalogue
    from vault.custody.migrate import migrate
    from vault.reconciliation.afterwards import catch_up

    programs = await catalogue.Programs.of(owner)
    now = settings.clock().now()
    label = await catalogue.restore(programs, owner, file, identity, now=now, replace=replace)
    await migrate(owner)
    async with open_custody(settings) as custody:
        return label, await catch_up(custody, taken_at=label.at)


def _restore_keyring(settings: Settings, file: Path, identity: str, without_catalogue: bool) -> "Merged":
    from vault.backups import files, keyring

    now, content = settings.clock().now(), io.BytesIO()
    files.unseal(file, files.Kind.KEYRING, identity, content, now=now)
    ended = keyring.Ended() if without_catalogue else asyncio.run(_ended(settings))
    return keyring.merge(settings.keyring_dir, content.getvalue(), ended=ended, now=now)


async def _label(settings: Settings, kind: "Kind") -> "Label":
    from vault.backups import horizons
    from vault.custody.database import DB

    await DB.open_pool(settings.database_url, size=1)
    try:
        return await horizons.label(kind, now=settings.clock().now())
    finally:
        await DB.close_pool()


async def _noted(settings: Settings, label: "Label") -> None:
    from vault.backups import horizons
    from vault.custody.database import DB

    await DB.open_pool(settings.database_url, size=1)
    try:
        await horizons.note(label)
    finally:
        await DB.close_pool()


async def _ended(settings: Settings) -> "Ended":
    from vault.backups import horizons
    from vault.custody.database import DB

    await DB.open_pool(settings.database_url, size=1)
    try:
        return await horizons.ended()
    finally:
        await DB.close_pool()


def _needed(url: str | None, variable: str) -> str:
    if url is None:
        raise click.ClickException(f"{variable} is not set: the application's own role sees one controller at a time.")
    return url


def _labelled(label: "Label") -> dict[str, str]:
    return {"kind": label.kind.value, "at": label.at.isoformat(), "until": label.until.isoformat()}


def _tell_backup(file: Path, label: "Label") -> None:
    emit(
        {"file": str(file)} | _labelled(label),
        f"{file}: the {label.kind.value} as of {label.at.isoformat()}, to be gone by {label.until.isoformat()}.",
    )


def _tell_caught(caught: "list[Caught]", sentence: str, label: "Label | None") -> None:
    items = [
        {
            "tenant": str(one.tenant),
            "slug": one.slug,
            "contract": one.contract,
            "destroyed_again": one.destroyed_again,
            "log_taken_back": one.log_taken_back,
            "findings": one.findings,
        }
        for one in caught
    ]
    value = {"controllers": items} | (_labelled(label) if label else {})
    emit(value, sentence, *(_caught(one) for one in caught))


def _caught(one: "Caught") -> str:
    """What catching up came to for one controller."""
    found = dict(one.findings)
    again = found.pop("stands_without_key", 0)
    counts = [f"{number} {kind.replace('_', ' ')}" for kind, number in sorted(found.items())]
    gone = f"parts destroyed again: {one.destroyed_again} that were due, {again} before their day"
    log = f"events of the log taken back from the store: {one.log_taken_back}"
    return "; ".join([f"  {one.slug}: contract {one.contract}", log, gone, *counts])


COMMANDS = MappingProxyType({"backup": backup, "restore": restore})
