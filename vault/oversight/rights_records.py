"""The signed record of a review of rights: what was confirmed, what was removed, by whom; opaque ids and no names.

It is canonical JSON (RFC 8785) of `{"controller_key": …, "record": …, "signature": …}`, signed as the manifest of a
package is: by the controller's own key, for which the platform's vouches.
"""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
import rfc8785
from msgspec import Struct

from vault.custody.custody import Custody
from vault.custody.keys import ShredKeyId
from vault.packages import manifests
from vault.packages.manifests import SIGNATURE_CLASS, ControllerKey, ManifestInvalid, Signature
from vault.packages.members import Controller

Format = Literal["recording-vault/rights-review@v1"]
FORMAT: Format = "recording-vault/rights-review@v1"
LIMIT: Final = 64 << 20
"""No record is longer, whatever a forged file claims."""


class RecordInvalid(Exception):
    """This is not a record that a controller of this platform signed; the message says what differs."""


class RecordLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One right: a member's role or a token, when it was last used, and what became of it."""

    member: UUID
    role: str | None
    token: UUID | None
    last_used_at: datetime | None
    outcome: str
    decided_by: UUID | None
    decided_at: datetime


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One review of all rights of a controller, from its beginning to its end."""

    format: Format
    id: UUID
    controller: Controller
    opened_at: datetime
    last_day: date
    closed_at: datetime
    rights: tuple[RecordLine, ...]


class Signed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record with what proves it."""

    record: Record
    signature: Signature
    controller_key: ControllerKey


def sign(custody: Custody, record: Record) -> bytes:
    """The file as it is kept; blocks on the disk.

    Raises:
        KeyDestroyed: the contract is over, and the controller signs nothing any more.
    """
    key_id = ShredKeyId(record.controller.id, SIGNATURE_CLASS, None)
    own = custody.keyring.newest(key_id, now=record.closed_at).signing_key()
    platform = custody.keyring.signing_key()
    signature, vouched = manifests.signatures(record, record.controller, controller=own, platform=platform)
    return _canonical(Signed(record=record, signature=signature, controller_key=vouched))


def is_record(head: bytes) -> bool:
    """Whether a file that begins so may be a record, and is no certificate of destruction."""
    return head.lstrip().startswith(b'{"controller_key"')


def verify(file: bytes, public_key_pem: bytes) -> Record:
    """The record, if it is whole and signed by a controller whose key the platform's vouches for.

    Raises:
        RecordInvalid: saying what is wrong.
    """
    try:
        signed = msgspec.json.decode(file, type=Signed)
        spelt = _canonical(signed)
    except (msgspec.MsgspecError, rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise RecordInvalid(f"It is not a record of the form {FORMAT}.") from error
    # One spelling only: no second key, space or escape can hide in what was signed.
    if spelt != file:
        raise RecordInvalid("It is not spelt as it was signed (canonical JSON, RFC 8785).")
    try:
        manifests.check(
            signed.record, signed.record.controller, signed.signature, signed.controller_key, public_key_pem
        )
    except ManifestInvalid as error:
        raise RecordInvalid(str(error)) from error
    return signed.record


def _canonical(signed: Signed) -> bytes:
    return rfc8785.dumps(msgspec.to_builtins(signed))
