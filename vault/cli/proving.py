"""What a package proves, to whoever was given it: checked here, without the vault."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from vault.cli.failures import fail
from vault.cli.output import emit

if TYPE_CHECKING:
    from vault.packages.manifests import Manifest
    from vault.packages.opening import Form, Opened


def verify_package(file: Path, form: "Form", key: Path, identity: Path | None, certificate: Path | None) -> None:
    """Check all of a package, sealed or not, and say what it is; ends with 1 where it is not genuine."""
    import msgspec

    from vault.packages.opening import NotOpened
    from vault.packages.verifying import PackageInvalid, verify

    try:
        with file.open("rb") as sealed:
            opened = _opened(sealed, form, identity, certificate)
            manifest = verify(opened.pieces, key.read_bytes(), sealed_to=opened.sealed_to)
    except (NotOpened, PackageInvalid) as invalid:
        fail(f"{file} proves nothing. {invalid}")
    emit(
        msgspec.to_builtins(manifest),
        f"{file} is genuine: signed by its controller's key, for which the key in {key} vouches, and unaltered.",
        *_said(manifest),
    )


def _opened(file: BinaryIO, form: "Form", identity: Path | None, certificate: Path | None) -> "Opened":
    from vault.packages import opening

    if form is opening.Form.OPEN:
        return opening.opened(file)
    if identity is None:
        raise click.UsageError("The package is sealed: name what opens it with --identity.")
    if form is opening.Form.AGE:
        return opening.open_age(file, identity.read_text(errors="replace"))
    if certificate is None:
        raise click.UsageError("The package is sealed to a certificate: name it with --certificate.")
    return opening.open_to_certificate(file, certificate.read_text(errors="replace"), identity.read_bytes())


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
