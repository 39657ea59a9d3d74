"""Hand a disclosure over: who receives it, the key it is sealed to, its package; and from which one a file comes."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.failures import fail
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import Client, segment

PIECE = 1 << 20

HOW_TO_OPEN = MappingProxyType(
    {
        "age": "age -d -i key.txt -o package.zip {file}",
        "cms": "openssl cms -decrypt -binary -inform DER -in {file} -recip certificate.pem -inkey key.pem"
        " -out package.zip",
    }
)


HOW_KNOWN = MappingProxyType(
    {
        "mark": "bears the mark of",
        "file": "is an original that was also in",
        "manifest": "is the manifest of",
        "sealed_file": "is the sealed file of",
    }
)


@click.command(short_help="List who receives a disclosure.")
@click.argument("disclosure")
@with_json
def recipients(disclosure: str) -> None:
    """List who is named to receive a DISCLOSURE."""
    with session.connect() as client:
        _emit_recipients(client.get(f"/v1/disclosures/{segment(disclosure)}/recipients"))


@click.command(short_help="Name who receives a disclosure.")
@click.argument("disclosure")
@click.option("--member", help="Somebody who can sign in already, by their id.")
@click.option("--email", help="The address of a person of outside, who is invited.")
@click.option("--name", help="Their name.")
@with_json
def name(disclosure: str, member: str | None, email: str | None, name: str | None) -> None:
    """Name who receives a DISCLOSURE; after its approval a second person confirms it."""
    body = {"member_id": member} if member else {"email": email, "name": name}
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/recipients", body)
    _emit_recipients(found)


@click.command("confirm-recipient", short_help="Confirm, as a second person, who was named late.")
@click.argument("disclosure")
@click.argument("member")
@with_json
def confirm_recipient(disclosure: str, member: str) -> None:
    """Confirm, as a second person, the MEMBER who was named for a DISCLOSURE after its approval."""
    with session.connect() as client:
        found = client.post(f"/v1/disclosures/{segment(disclosure)}/recipients/{segment(member)}/confirmation", {})
    _emit_recipients(found)


@click.command("remove-recipient", short_help="Take somebody off who was to receive a disclosure.")
@click.argument("disclosure")
@click.argument("member")
@with_json
def remove_recipient(disclosure: str, member: str) -> None:
    """Take a MEMBER off the list of who receives a DISCLOSURE."""
    with session.connect() as client:
        client.delete(f"/v1/disclosures/{segment(disclosure)}/recipients/{segment(member)}")
    emit({"disclosure": disclosure, "removed": member}, f"{member} does not receive it any more.")


@click.command(short_help="Name the key that a disclosure is sealed to, or show it.")
@click.argument("disclosure")
@click.option("--age-key", help="The recipient's age key: age1…")
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The recipient's X.509 certificate, a file in PEM.",
)
@click.option(
    "--generate",
    type=click.Path(exists=False, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Make a key for a recipient who has none, and write its secret to this new file, to be handed over.",
)
@with_json
def seal(disclosure: str, age_key: str | None, certificate: Path | None, generate: Path | None) -> None:
    """Name the key that a DISCLOSURE is sealed to; without one, show which it is."""
    path = f"/v1/disclosures/{segment(disclosure)}/seal"
    with session.connect() as client:
        if not (age_key or certificate or generate):
            found = client.get(path)
        else:
            body = {
                "age_key": age_key,
                "certificate": certificate.read_text() if certificate else None,
                "generate": generate is not None,
            }
            found = client.put(path, body)
    sentences = [f"It is sealed to {found['key']} ({found['sealing']})."]
    if found["registered"]:
        sentences.append("  It is the organisation's registered key.")
    if found["problem"]:
        sentences.append(f"  Nothing can be sealed to it any more: {found['problem']}")
    if generate and found["secret"]:
        _keep(generate, found["secret"])
        sentences.append(f"  Its secret is in {generate} and nowhere else: hand it over, by another way than the file.")
    emit(found | {"secret": None}, *sentences)


@click.command(short_help="Show a disclosure's package, and who fetched it.")
@click.argument("disclosure")
@with_json
def package(disclosure: str) -> None:
    """Show the package of a DISCLOSURE: its hash, until when and how often it may be fetched, and who did."""
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{segment(disclosure)}/package")
    allowed = found["fetches_allowed"]
    sentences = [
        f"{found['filename']}: {found['size']} bytes, {found['recordings']} recordings, {found['state']}.",
        f"  sha256 {found['sha256']}",
        f"  sealed to {found['key']} ({found['sealing']})",
        f"  to be fetched until {moment(found['until'])}, {'any number of times' if allowed is None else allowed}",
    ]
    for one in found["fetches"]:
        end = moment(one["completed_at"]) if one["completed_at"] else f"{one['sent']} bytes so far"
        sentences.append(f"  fetched by {one['member_id']}: {moment(one['begun_at'])}; {end}")
    if found["removed_at"]:
        sentences.append(f"  removed {moment(found['removed_at'])}")
    emit(found, *sentences)


@click.command(short_help="Fetch a package as its recipient.")
@click.argument("disclosure")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@with_json
def fetch(disclosure: str, directory: Path) -> None:
    """Fetch the package of a DISCLOSURE into a DIRECTORY, as its recipient; run again, it resumes."""
    directory.mkdir(parents=True, exist_ok=True)
    with session.connect() as client:
        found = client.get(f"/v1/disclosures/{segment(disclosure)}/package")
        file = directory / found["filename"]
        if not file.exists() or _digest(file) != found["sha256"]:
            begun = client.post(f"/v1/packages/{found['id']}/fetches", {})
            _fetch(client, begun["id"], file, found)
    if _digest(file) != found["sha256"]:
        fail(f"{file} is not the package: fetch it once more.")
    how = HOW_TO_OPEN[found["sealing"]].format(file=found["filename"])
    emit(
        {"file": str(file), "sha256": found["sha256"]},
        f"{file} is here, as it was made: sha256 {found['sha256']}.",
        f"Open it: {how}",
        "Check all that is in it: vault verify package.zip --key key-of-the-vault.pem",
    )


@click.command(short_help="Say from which package a file comes.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_json
def trace(file: Path) -> None:
    """Say from which package a FILE comes, and to whom that was given.

    It is known by the mark that stands in the FILE, or by its hash: an original, or a package still sealed. The FILE
    itself is not sent anywhere.
    """
    from vault.packages.marks import marks_in

    marks = marks_in(_pieces(file))
    asked = [{"mark": mark} for mark in marks] or [{"sha256": _digest(file)}]
    with session.connect() as client:
        found = [one for question in asked for one in client.post("/v1/packages/trace", question)["packages"]]
    lines = [line for one in found for line in _traced(one)]
    emit(found, *(lines or ["It comes from no package of this controller."]))


def _fetch(client: Client, fetch_id: str, file: Path, listed: dict[str, Any]) -> None:
    """Bring the file to its size, from where it broke off."""
    have = file.stat().st_size if file.exists() else 0
    resumes = 0 < have < listed["size"]
    headers = {"range": f"bytes={have}-", "if-range": f'"{listed["sha256"]}"'} if resumes else {}
    with client.stream("GET", f"/v1/fetches/{fetch_id}/content", headers=headers) as answer, file.open("ab") as out:
        if answer.status_code != 206:
            out.truncate(0)
        for piece in answer.iter_bytes(PIECE):
            out.write(piece)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def _traced(one: dict[str, Any]) -> Iterator[str]:
    """One package, in sentences."""
    yield f"It {HOW_KNOWN[one['by']]} package {one['package']}, made {moment(one['made_at'])}"
    yield f"  for the disclosure {one['disclosure']} ({one['kind']})"
    if one["organisation"]:
        yield f"  to the organisation {one['organisation']}"
    yield f"  named to receive it: {', '.join(one['recipients']) or 'nobody'}"
    yield f"  fetched all of it: {', '.join(one['fetched_by']) or 'nobody'}"


def _keep(file: Path, secret: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secret + "\n")


def _emit_recipients(found: dict[str, Any]) -> None:
    columns = ("id", "name", "address", "named", "confirmed", "may receive")
    rows = [
        (
            one["member_id"],
            one["name"],
            one["email"],
            moment(one["named_at"]),
            moment(one["confirmed_at"]),
            one["may_receive"],
        )
        for one in found["recipients"]
    ]
    emit_table(found, columns, rows, empty="Nobody is named yet.")
    if found["invitation"]:
        click.echo(f"Invitation to hand over: {found['invitation']}", err=True)


COMMANDS = MappingProxyType(
    {
        "recipients": recipients,
        "name": name,
        "confirm-recipient": confirm_recipient,
        "remove-recipient": remove_recipient,
        "seal": seal,
        "package": package,
        "fetch": fetch,
        "trace": trace,
    }
)
