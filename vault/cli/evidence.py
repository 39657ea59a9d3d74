"""Proof for whoever doubts: certificates, packages and the audit log, checked here and not by the vault."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from vault.cli import auditing, events, session
from vault.cli.auditing import verify_files
from vault.cli.failures import fail
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import segment

if TYPE_CHECKING:
    from vault.destruction.certificates import Certificate

PAGE = 1000
"""Events asked for at once."""

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True, short_help="List what was destroyed; fetch certificates.")
@click.option("--all", "also_unfinished", is_flag=True, help="Also destructions under way or failing.")
@with_json
@click.pass_context
def certificates(context: click.Context, also_unfinished: bool) -> None:
    """List what was destroyed and certified; read a certificate, or the key that verifies it."""
    if context.invoked_subcommand is not None:
        return
    with session.connect() as client:
        path = "/v1/destructions" if also_unfinished else "/v1/certificates"
        found = list(client.pages(path, "cursor"))
    columns = ("id", "why", "state", "since", "due", "done", "failed")
    rows = [
        (one["id"], one["reason"], one["state"], moment(one["started_at"]), one["due"], one["done"], one["failed"])
        for one in found
    ]
    emit_table(found, columns, rows, empty="Nothing was destroyed yet.")


@certificates.command("read")
@click.argument("certificate")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="[default: standard output]")
@click.option("--pdf", type=click.File("wb", lazy=True), help="The document to be filed, instead of the signed JSON.")
def read_certificate(certificate: str, output: Any, pdf: Any) -> None:
    """Fetch a certificate, byte for byte as it was signed, or as a PDF with that attached."""
    with session.connect() as client:
        if pdf:
            path = f"/v1/destructions/{segment(certificate)}/certificate.pdf"
            pdf.write(client.request("GET", path).content)
        else:
            output.write(client.request("GET", f"/v1/certificates/{segment(certificate)}").content)


@certificates.command("key")
@click.option("--x509", is_flag=True, help="The certificate by which the signature of a PDF is verified.")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="[default: standard output]")
def read_key(x509: bool, output: Any) -> None:
    """Fetch the public key by which certificates are verified: before it is needed, and keep it."""
    path = "/v1/certificate-key/x509" if x509 else "/v1/certificate-key"
    with session.connect() as client:
        output.write(client.request("GET", path).content)


@certificates.command("proof")
@click.argument("recording")
@click.option("--certificate", help="Of this certificate only.  [default: the newest that speaks of it]")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="[default: standard output]")
def read_proof(recording: str, certificate: str | None, output: Any) -> None:
    """Fetch the proof that one recording was destroyed, for `vault verify CERTIFICATE --proof FILE`."""
    with session.connect() as client:
        if certificate is None:
            proofs = client.get(f"/v1/recordings/{segment(recording)}/destruction-proof")["proofs"]
            certificate = str(proofs[-1]["destruction"])
        path = f"/v1/destructions/{segment(certificate)}/leaves/{segment(recording)}"
        output.write(client.request("GET", path).content)


@click.command(short_help="Verify a certificate of destruction or a package, offline.")
@click.argument("file", type=FILE)
@click.option("--key", required=True, type=FILE, help="The platform's public key, PEM, as it was kept.")
@click.option("--proof", type=FILE, help="Also that the recording of this proof is among what was destroyed.")
@click.option("--identity", type=FILE, help="What opens a sealed package: age's identity file, or a private key, PEM.")
@click.option("--certificate", type=FILE, help="The certificate, PEM, that a package is sealed to.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to put an opened package.")
@with_json
def verify(
    file: Path, key: Path, proof: Path | None, identity: Path | None, certificate: Path | None, output: Path | None
) -> None:
    """Verify a FILE, with neither vault nor network. Exits with 0 only if it is genuine.

    The FILE is a certificate of destruction, a package that was disclosed, sealed or opened, or the record of a review
    of rights.
    """
    from vault.cli.proving import Means, verify_package, verify_rights_record
    from vault.packages.opening import form_of

    if form := form_of(file):
        verify_package(file, form, Means(key, identity, certificate, output))
    elif verify_rights_record(file, key):
        pass
    else:
        _verify_certificate(file, key, proof)


def _verify_certificate(certificate: Path, key: Path, proof: Path | None) -> None:
    import msgspec

    from vault.destruction.certificates import CertificateInvalid, verify_certificate

    try:
        verified = verify_certificate(certificate.read_bytes(), key.read_bytes())
    except CertificateInvalid as invalid:
        fail(f"{certificate} proves nothing. {invalid}")
    emit(
        msgspec.to_builtins(verified),
        f"{certificate} is genuine: signed by the key in {key}, and unaltered.",
        *_proof(verified),
        *(_proven(proof, verified) if proof else ()),
    )


def _proven(file: Path, certificate: "Certificate") -> Iterator[str]:
    """What a proof of one recording shows."""
    from vault.destruction.proof_files import ProofInvalid, verify_proof

    try:
        proof = verify_proof(file.read_bytes(), certificate)
    except ProofInvalid as invalid:
        fail(f"{file} proves nothing. {invalid}")
    yield f"{file} is proven by it: recording {proof.recording} is among what was destroyed,"
    for one in proof.leaves:
        leaf = json.loads(one.leaf)
        yield f"  part {leaf['part']} (leaf {one.index} of {proof.tree_size}): ciphertext {leaf['sealed_sha256']}"


def _proof(certificate: "Certificate") -> Iterator[str]:
    """What a certificate says, in sentences."""
    from vault.destruction.certificates import checkpoint_of

    destroyed, method, checked = certificate.destroyed, certificate.method, certificate.verification
    yield f"  whose: {certificate.controller.name} ({certificate.controller.slug}), contract {certificate.contract.id}"
    yield f"  why: {certificate.reason.value}; the promises kept by it:"
    for clause in certificate.clauses:
        yield f"    {clause.policy} v{clause.version}, “{clause.section}”: ”{clause.text}”"
    yield f"  what: {destroyed.parts} parts; {destroyed.recordings} recordings of which nothing is left"
    for tally in destroyed.tallies:
        yield f"    {tally.parts} x {tally.kind}/{tally.part_class}, {tally.bytes} bytes, under {tally.clause}"
    yield f"  who decided: {_decided(certificate)}"
    if certificate.decided.return_waived:
        yield f"    the promised return was waived by two persons, proposal {certificate.decided.return_waived}"
    whole = "the controller's own key and " if method.tenant_key_destroyed else ""
    keys = method.keys_destroyed - method.tenant_key_destroyed
    yield f"  how: {method.standard}, purge by cryptographic erase, then deletion:"
    yield f"    {whole}{keys} shred keys, then {method.object_versions_removed} objects"
    yield f"  checked by a process {'of its own' if checked.process == 'separate' else 'that had destroyed it'}:"
    yield f"    {checked.openings_refused} of {checked.openings_attempted} attempts to open were refused"
    yield f"    {checked.listings} listings of the store held nothing of it"
    yield f"  no copy opens since {certificate.key_destroyed_at.isoformat()},"
    yield f"    and no process remembers a key since {certificate.caches_empty_by.isoformat()}"
    if pending := certificate.root_key_deletion:
        yield f"  the controller's root key is being deleted: pending until {pending.at.isoformat()}"
    yield f"  the store holds nothing of it since {certificate.ciphertext_removed_at.isoformat()}"
    yield f"  the last backup copy is gone on {certificate.last_backup_copy_gone_at.isoformat()}"
    yield f"    (keyring {certificate.backups.keyring}, catalogue {certificate.backups.catalogue})"
    then = checkpoint_of(certificate.log).tree
    yield f"  in the audit log {then.origin}: event {certificate.log.seq} of {then.size}, root {then.root.hex()}"
    yield f"    signed for by the log's own key {certificate.log.key}"


def _decided(certificate: "Certificate") -> str:
    decided = certificate.decided
    if decided.by == "persons":
        people = ", ".join(f"{person.act} by {person.id} ({'/'.join(person.roles)})" for person in decided.persons)
        return f"proposal {decided.proposal}: {people}"
    versions = ", ".join(str(version) for version in decided.policy_versions)
    return f"the policy, version {versions}" if decided.by == "policy" else "the contract, by its last day"


@click.group()
def audit() -> None:
    """Verify the audit log, or take it home."""


@audit.command("verify")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An exported log, offline.")
@click.option("--kept", metavar="NUMBER:HASH", help="An end of the log that was kept: it must still stand in it.")
@click.option("--since", type=FILE, help="A checkpoint that was kept: the log must still begin with its events.")
@click.option("--until", type=FILE, help="Up to this checkpoint.  [default: the newest]")
@click.option("--log", metavar="URL|DIR", help="The log's files, served or in a folder.  [default: the vault's own]")
@click.option("--key", type=FILE, help="The log's key, as `vault audit key` gave it.  [default: as the log gives it]")
@with_json
def verify_log(
    file: Path | None, kept: str | None, since: Path | None, until: Path | None, log: str | None, key: Path | None
) -> None:
    """Verify that the log is what was signed for. Exits with 0 only if nothing was altered, left out or put in.

    With --since, --until or --log its files are verified by what the log has signed, and with --log DIR nobody is
    asked. Otherwise the tree over every event, or over those of an export (--file), is recomputed, without signatures.
    """
    if since or until or log:
        return verify_files(since, until, log, key)
    from vault.custody.audit import LogBroken
    from vault.custody.audit import verify as verify_tree

    try:
        end = verify_tree(_holding(kept, _exported(file) if file else _fetched()))
    except LogBroken as broken:
        fail(f"The log is not as it was written. {broken}")
    shown = f"{end.seq}:{end.hash.hex()}"
    emit(
        {"events": end.seq, "hash": end.hash.hex(), "head": shown},
        f"{end.seq} events, each as it was written.",
        f"Keep this, and ask later with --kept whether it still stands: {shown}",
    )
    return None


for command in auditing.COMMANDS:
    audit.add_command(command)


@audit.command("export")
@click.option("--format", "form", type=click.Choice(events.FORMS), help="For a spreadsheet or a SIEM.")
@click.option("--after", type=click.IntRange(0), default=0, help="With --format: only events after this number.")
@click.option("--from", "since", type=events.MOMENT, help="With --format: from this moment on.")
@click.option("--to", "until", type=events.MOMENT, help="With --format: before this moment.")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="[default: standard output]")
def export(form: str | None, after: int, since: datetime | None, until: datetime | None, output: Any) -> None:
    """Take the log out. Without --format: whole, as `vault audit verify --file` takes it."""
    if form is not None:
        return events.take_out(output, form, after, since, until)
    for event in _fetched():
        output.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
    return None


for each in events.COMMANDS:
    audit.add_command(each)


def _fetched() -> Iterator[dict[str, Any]]:
    """Every event up to the end as it stands now, which must be the end that the vault names."""
    from vault.custody.tree import root_of

    with session.connect() as client:
        end = client.get("/v1/audit/head")
        leaves = []
        for event in client.pages("/v1/audit/events", "after", limit=PAGE):
            if event["seq"] > end["seq"]:
                break
            leaves.append(bytes.fromhex(event["hash"]))
            yield event
    if (len(leaves), root_of(leaves).hex()) != (end["seq"], end["hash"]):
        fail(f"The vault names another end of the log ({end['seq']}) than its events have ({len(leaves)}).")


def _exported(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                event = json.loads(line)
                yield {"seq": int(event["seq"]), "body": event["body"], "hash": str(event["hash"])}
            except (ValueError, KeyError, TypeError):
                fail(f"{file}:{number}: this is not an event of an exported log.")


def _holding(kept: str | None, events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The events, which must begin with those whose end somebody kept."""
    from vault.custody.tree import root_of

    number, _, wanted = (kept or "").partition(":")
    if kept and not (number.isdecimal() and wanted):
        raise click.UsageError("--kept takes NUMBER:HASH, as an earlier run said it.")
    leaves: list[bytes] = []
    for event in events:
        if len(leaves) < int(number or 0):
            leaves.append(bytes.fromhex(event["hash"]))
        yield event
    if kept and (str(len(leaves)), root_of(leaves).hex()) != (number, wanted):
        fail(f"The log does not hold the end that was kept ({kept}): it was written anew.")


COMMANDS = MappingProxyType({"certificates": certificates, "verify": verify, "audit": audit})
