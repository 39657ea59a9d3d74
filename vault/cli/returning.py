"""What is returned at a contract's end, from the controller's side: name a key, look, fetch, confirm."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.failures import fail
from vault.cli.output import emit, moment, with_json
from vault.cli.proposals import sentences
from vault.client.http import Client

PIECE = 1 << 20

STAGES = MappingProxyType(
    {
        "not_promised": "The policy promises no return: at the contract's end everything is destroyed.",
        "not_begun": "The contract runs; what stands at its end will be returned.",
        "no_recipient": "It waits for an administrator to name a key, and a second person to approve it:"
        " vault return register AGE-KEY",
        "exporting": "The archives are being made.",
        "awaiting_receipt": "It waits for an administrator or the DPO to fetch the archives and confirm them.",
        "confirmed": "The receipt is confirmed; everything kept here is destroyed.",
        "waived": "Two persons waived the return; everything kept here is destroyed.",
    }
)


@click.group("return")
def returning() -> None:
    """Take back what was recorded, at the contract's end, before it is destroyed."""


@returning.command()
@with_json
def status() -> None:
    """Say how far the return has come, and what it waits for."""
    with session.connect() as client:
        found = client.get(_path(client))
    recipient = found["recipient"]
    lines = [STAGES[found["stage"]], f"  {found['returned']} of {found['recordings']} recordings are in archives."]
    if recipient:
        lines.append(f"  sealed to {recipient['public_key']}, registered {moment(recipient['registered_at'])}")
        if recipient["failure"]:
            lines.append(f"  the last attempt failed: {recipient['failure']}; it is tried again")
    emit(found, *lines, *(f"  {one['name']}  {one['size']} bytes  sha256 {one['sha256']}" for one in found["archives"]))


@returning.command()
@click.argument("age_key", metavar="AGE-KEY")
@click.option("--bucket", help="A bucket of one's own to put the archives into.")
@click.option("--endpoint", help="Where its store answers, with https://.  [default: AWS]")
@click.option("--region", default="eu-north-1", show_default=True, help="The bucket's region.")
@click.option("--prefix", default="", help="What each object's key begins with.")
@click.option("--access-key", help="What opens the bucket; the secret key is asked for.")
@click.option("--reason", required=True, help="Why this key; it is kept with the proposal.")
@with_json
def register(
    age_key: str,
    bucket: str | None,
    endpoint: str | None,
    region: str,
    prefix: str,
    access_key: str | None,
    reason: str,
) -> None:
    """Propose the AGE-KEY (age1…, from age-keygen) that everything is sealed to. Only its holder can open it.

    A second person of the controller, an administrator or the DPO, approves it.
    """
    body: dict[str, Any] = {"public_key": age_key, "reason": reason}
    if bucket:
        secret = click.prompt("Secret key", hide_input=True)
        body["bucket"] = {"endpoint": endpoint, "region": region, "bucket": bucket, "prefix": prefix}
        body["credentials"] = {"access_key": access_key or click.prompt("Access key"), "secret_key": secret}
    with session.connect() as client:
        proposal = client.post(f"{_path(client)}/recipient", body)
    emit(proposal, *sentences(proposal), f"A second person approves it: vault approve {proposal['id']}")


@returning.command()
@click.option("--reason", required=True, help="Why nobody can confirm it; it is kept with the proposal.")
@with_json
def waive(reason: str) -> None:
    """Propose to give up a return that nobody can confirm. Once a second person approves, all of it is destroyed."""
    with session.connect() as client:
        proposal = client.post(f"{_path(client)}/waiver", {"reason": reason})
    emit(proposal, *sentences(proposal), f"A second person approves it: vault approve {proposal['id']}")


@returning.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The platform's public key, PEM, as it was kept.  [default: as the vault gives it now]",
)
@with_json
def fetch(directory: Path, key: Path | None) -> None:
    """Fetch the manifest and every archive into a DIRECTORY; run again, it resumes.

    The manifest is checked by its signature, and each archive by its hash.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with session.connect() as client:
        path = _path(client)
        manifest = client.request("GET", f"{path}/manifest").content
        pem = key.read_bytes() if key else client.request("GET", "/v1/certificate-key").content
        listed = _verified(manifest, pem)
        for archive in listed["archives"]:
            _fetch(client, f"{path}/archives/{archive['number']}", directory / archive["name"], archive)
    (directory / "manifest.json").write_bytes(manifest)
    sha256 = hashlib.sha256(manifest).hexdigest()
    emit(
        {"directory": str(directory), "archives": len(listed["archives"]), "manifest_sha256": sha256},
        f"{len(listed['archives'])} archives of {listed['recordings']} recordings are in {directory}, each as listed,",
        "and the list is signed by the vault's key.",
        "Open one to be sure: age -d -i KEY-FILE 000001.tar.age | tar -t",
        f"Then everything here may go: vault return confirm {directory / 'manifest.json'}",
    )


@returning.command()
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_json
def confirm(manifest: Path, yes: bool) -> None:
    """Confirm that all of a MANIFEST was received. After this everything that is kept here is destroyed."""
    if not yes:
        click.confirm("Everything that is kept in the vault is destroyed then, for good. Go on?", abort=True, err=True)
    sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest()
    with session.connect() as client:
        found = client.post(f"{_path(client)}/receipt", {"manifest_sha256": sha256})
    emit(found, f"Confirmed at {moment(found['returned_at'])}. `vault certificates` will have the proof.")


def _path(client: Client) -> str:
    """Where the return of one's own contract is."""
    found = client.get("/v1/contracts")
    if len(found) != 1:
        raise click.UsageError("A return concerns one's own contract: sign in as a person of the controller.")
    return f"/v1/contracts/{found[0]['id']}/return"


def _verified(manifest: bytes, public_key_pem: bytes) -> dict[str, Any]:
    """What a manifest lists, if its signature is of that key."""
    import msgspec

    from vault.returning.manifests import ManifestInvalid, verify

    try:
        listed: dict[str, Any] = msgspec.to_builtins(verify(manifest, public_key_pem))
    except ManifestInvalid as invalid:
        fail(f"The manifest proves nothing. {invalid}")
    return listed


def _fetch(client: Client, path: str, file: Path, listed: dict[str, Any]) -> None:
    """Bring one file to the size and hash that the manifest lists, from where it broke off."""
    if file.exists() and _digest(file) == listed["sha256"]:
        return
    have = file.stat().st_size if file.exists() else 0
    resumes = 0 < have < listed["size"]
    headers = {"range": f"bytes={have}-", "if-range": f'"{listed["sha256"]}"'} if resumes else {}
    with client.stream("GET", path, headers=headers) as answer, file.open("ab") as out:
        if answer.status_code != 206:
            out.truncate(0)
        for piece in answer.iter_bytes(PIECE):
            out.write(piece)
    if _digest(file) != listed["sha256"]:
        fail(f"{file} is not what the manifest lists; it may have been made again meanwhile: fetch once more.")


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


COMMANDS = MappingProxyType({"return": returning})
