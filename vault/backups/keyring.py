"""A keyring that was lost comes back from its backup without what was destroyed since: marks and the clock win.

The backup is a tar archive of the keyring's files, which are wrapped by the root key: without that one, in its key
file, KMS or token, it opens nothing. Restoring adds to what is there. It brings back no key whose instant has come,
which a mark says was destroyed (here or in the archive), or whose controller's contract has ended.
"""

import io
import re
import tarfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from vault.backups.files import BackupInvalid
from vault.custody import private_files
from vault.custody.key_files import TenantFiles
from vault.custody.keys import ShredKeyId

SIGNING: Final = "signing.key"
LARGEST: Final = 1 << 16
"""No file of a keyring is longer."""

_TENANT: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN: Final = re.compile(rf"(?P<tenant>{_TENANT})/(?P<name>tenant\.key|tenant\.next|index\.key)", re.ASCII)
_MARK: Final = re.compile(
    rf"(?P<tenant>{_TENANT})/(?:destroyed|ended\.[a-z_+]*|expired\.[0-9TZ]+|[a-z_]+/[0-9a-zTZ.]+\.destroyed)", re.ASCII
)
_SHRED: Final = re.compile(rf"(?P<tenant>{_TENANT})/(?P<id>[a-z_]+/[0-9a-zTZ.]+)\.key", re.ASCII)


@dataclass
class Merged:
    """What a restore did, in keys: brought back, there already, and refused because they were destroyed."""

    restored: int = 0
    kept: int = 0
    destroyed: int = 0
    other_tenant_key: int = 0


@dataclass(frozen=True)
class Ended:
    """What the catalogue knows to be over: controllers whose contract has ended, and shred keys that were retired."""

    tenants: Collection[UUID] = frozenset()
    keys: Collection[tuple[UUID, str]] = frozenset()


def archive(directory: Path) -> bytes:
    """Every key and mark, as a tar archive. What is being overwritten at this moment is left out.

    Nothing is wrapped anew meanwhile: each key is there with the one that it opens under.
    """
    out = io.BytesIO()
    with (
        private_files.locked(directory, alone=False),
        tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for file in sorted(directory.rglob("*")):
            name = file.relative_to(directory).as_posix()
            if not _is_ours(name):
                continue
            with suppress(FileNotFoundError):
                _add(tar, name, file.read_bytes())
    return out.getvalue()


def merge(directory: Path, content: bytes, *, ended: Ended, now: datetime) -> Merged:
    """Bring back what an archive holds and nothing has destroyed since.

    Raises:
        BackupInvalid: it is not such an archive.
    """
    files = _read(content)
    private_files.make_directory(directory)
    _bring(directory / SIGNING, files.get(SIGNING))
    tenants = {UUID(name[:36]) for name in files if name != SIGNING}
    for tenant in sorted(tenants, key=str):
        _mark(directory, tenant, [name for name in files if _MARK.fullmatch(name)], ended, now)
    merged = Merged()
    # Those that wrap come before those that are wrapped.
    for name in sorted((name for name in files if _OWN.fullmatch(name)), reverse=True):
        _merge_own(directory, name, files, merged)
    for name, body in files.items():
        if _SHRED.fullmatch(name) and not _OWN.fullmatch(name):
            _merge_shred(directory, name, body, files, ended, now, merged)
    return merged


def _mark(directory: Path, tenant: UUID, marks: list[str], ended: Ended, now: datetime) -> None:
    """What either side says was destroyed is destroyed."""
    files = TenantFiles(directory, tenant)
    private_files.make_directory(Path(files.folder))
    for name in marks:
        if not name.startswith(str(tenant)):
            continue
        private_files.make_directory((directory / name).parent)
        with suppress(FileExistsError):
            private_files.create_once(directory / name, b"")
        private_files.shred((directory / name).with_suffix(".key"))
    files.mark_expired(now)
    if tenant in ended.tenants:
        files.mark_destroyed()


def _merge_own(directory: Path, name: str, files: dict[str, bytes], merged: Merged) -> None:
    tenant = UUID(name[:36])
    here, theirs = TenantFiles(directory, tenant), files.get(f"{tenant}/tenant.key")
    if here.are_destroyed:
        merged.destroyed += 1
    elif name.endswith(".next") and Path(here.tenant_key).exists() and Path(here.tenant_key).read_bytes() != theirs:
        merged.other_tenant_key += 1  # what it was to take over from has gone
    elif _bring(directory / name, files[name]):
        merged.restored += 1
    else:
        merged.kept += 1


def _merge_shred(
    directory: Path, name: str, body: bytes, files: dict[str, bytes], ended: Ended, now: datetime, merged: Merged
) -> None:
    tenant = UUID(name[:36])
    try:
        key_id = ShredKeyId.parse(tenant, name[37:].removesuffix(".key"))
    except ValueError:
        raise BackupInvalid("The backup of the keyring holds a key without a name.") from None
    here = TenantFiles(directory, tenant)
    if key_id.is_due(now) or here.was_destroyed(key_id) or (tenant, str(key_id)) in ended.keys:
        merged.destroyed += 1
    elif (directory / name).exists():
        merged.kept += 1
    elif Path(here.tenant_key).read_bytes() != files.get(f"{tenant}/tenant.key"):
        merged.other_tenant_key += 1  # it was wrapped anew since, and opens nothing here
    else:
        private_files.make_directory((directory / name).parent)
        merged.restored += _bring(directory / name, body)


def _bring(file: Path, body: bytes | None) -> bool:
    if body is None or file.exists():
        return False
    with suppress(FileExistsError):
        private_files.create_once(file, body)
        return True
    return False


def _is_ours(name: str) -> bool:
    return name == SIGNING or any(pattern.fullmatch(name) for pattern in (_OWN, _MARK, _SHRED))


def _add(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    if body and not any(body):
        return
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(body), 0o600
    tar.addfile(entry, io.BytesIO(body))


def _read(content: bytes) -> dict[str, bytes]:
    """The files of an archive by their names; a name that no keyring has is refused, wherever it leads."""
    files = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            for entry in tar:
                body = tar.extractfile(entry)
                if not _is_ours(entry.name) or body is None or entry.size > LARGEST:
                    raise BackupInvalid("The backup holds something that no keyring has.")
                files[entry.name] = body.read()
    except tarfile.TarError as error:
        raise BackupInvalid("The backup is not an archive of a keyring.") from error
    return files
