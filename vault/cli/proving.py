"""What a package proves, to whoever was given it: checked here, without the vault."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from vault.cli.failures import fail
from vault.cli.output import emit

if TYPE_CHECKING:
    from vault.packages.manifests import Manifest
    from vault.packages.opening import Form, Opened


@dataclass(frozen=True)
class Means:
    """What whoever verifies a package has: the platform's key, what opens the package, and where it is to be put."""

    key: Path
    identity: Path | None = None
    certificate: Path | None = None
    output: Path | None = None


def verify_package(file: Path, form: "Form", means: Means) -> None:
    """Check all of a package, sealed or not, and say what it is; ends with 1 where it is not genuine."""
    import msgspec

    from vault.packages.opening import NotOpened
    from vault.packages.verifying import PackageInvalid, verify

    try:
        with file.open("rb") as sealed, _saving(means.output) as save:
            opened = _opened(sealed, form, means)
            manifest = verify(save(opened.pieces), means.key.read_bytes(), sealed_to=opened.sealed_to)
    except (NotOpened, PackageInvalid) as invalid:
        fail(f"{file} proves nothing. {invalid}")
    emit(
        msgspec.to_builtins(manifest),
        f"{file} is genuine: signed by its controller's key, for which the key in {means.key} vouches, and unaltered.",
        *_said(manifest),
        *([f"Opened, it is in {means.output}."] if means.output else ()),
    )


def verify_rights_record(file: Path, key: Path) -> bool:
    """Check the record of a review of rights and say what it is; ends with 1 where it is not genuine.

    Returns:
        False where the file is none.
    """
    import msgspec

    from vault.oversight import rights_records

    with file.open("rb") as opened:
        if not rights_records.is_record(opened.read(64)):
            return False
    try:
        record = rights_records.verify(file.read_bytes(), key.read_bytes())
    except rights_records.RecordInvalid as invalid:
        fail(f"{file} proves nothing. {invalid}")
    emit(
        msgspec.to_builtins(record),
        f"{file} is genuine: signed by its controller's key, for which the key in {key} vouches, and unaltered.",
        f"  whose: {record.controller.name} ({record.controller.slug})",
        f"  what: review {record.id} of {len(record.rights)} rights, {record.opened_at} to {record.closed_at}",
        *(
            f"    {line.member} {line.role or f'token {line.token}'}: {line.outcome}, last used {line.last_used_at}"
            for line in record.rights
        ),
    )
    return True


@contextmanager
def _saving(output: Path | None) -> Iterator[Callable[[Iterator[bytes]], Iterator[bytes]]]:
    """Writes what passes by to a file, which stands under its name only if nothing was wrong with it."""
    if output is None:
        yield lambda pieces: pieces
        return
    unproven = output.with_name(f"{output.name}.unproven")

    def saved(pieces: Iterator[bytes]) -> Iterator[bytes]:
        unproven.touch(mode=0o600)
        with unproven.open("wb") as out:
            for piece in pieces:
                out.write(piece)
                yield piece

    try:
        yield saved
        unproven.replace(output)
    finally:
        unproven.unlink(missing_ok=True)


def _opened(file: BinaryIO, form: "Form", means: Means) -> "Opened":
    from vault.packages import opening

    if form is opening.Form.OPEN:
        return opening.opened(file)
    if means.identity is None:
        raise click.UsageError("The package is sealed: name what opens it with --identity.")
    if form is opening.Form.AGE:
        return opening.open_age(file, means.identity.read_text(errors="replace"))
    if means.certificate is None:
        raise click.UsageError("The package is sealed to a certificate: name it with --certificate.")
    certificate = means.certificate.read_text(errors="replace")
    return opening.open_to_certificate(file, certificate, means.identity.read_bytes())


def _said(manifest: "Manifest") -> Iterator[str]:
    """What a package says of itself, in sentences."""
    basis, scope = manifest.basis, manifest.scope
    yield f"  whose: {manifest.controller.name} ({manifest.controller.slug})"
    yield f"  what: package {manifest.id} of disclosure {manifest.disclosure} ({manifest.kind})"
    yield f"  for: {manifest.recipient.name}, sealed to {manifest.recipient.key}"
    if basis.law:
        yield f"  by law: {basis.law}"
    if basis.clause:
        yield f"  by the notice (version {basis.policy_version}): {basis.clause}"
    yield f"  holds: {scope.recordings} recordings, {scope.duration_ms // 1000} seconds of sound"
    yield f"    left out: {scope.restricted} restricted, {scope.destroyed} destroyed, {scope.excluded} not granted"
    yield f"  {len(manifest.members)} files, each as listed:"
    for member in manifest.members:
        yield f"    {member.sha256}  {member.name}  ({member.size} bytes)"
    if manifest.duty_until:
        yield f"  to be returned or destroyed by {manifest.duty_until.isoformat()}"
    yield f"  made {manifest.made_at.isoformat()}, mark {manifest.mark}"
    yield f"  audit log then: {manifest.custody_head.seq}:{manifest.custody_head.hash}"
