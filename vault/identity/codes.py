"""Second factors beside a password: codes of an authenticator app (RFC 6238), and ten recovery codes.

The app's secret is sealed under the controller's keys. A code is good in its own half minute and in those beside it,
and once: a later sign-in needs a later one.
"""

import asyncio
import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import pyotp
from pyotp.exceptions import OTPVerificationError

from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.sealed import Header, Place, open_sealed, seal
from vault.errors import FieldProblem, Invalid

KEY_CLASS: Final = "identity"
ISSUER: Final = "Recording vault"
RECOVERY_CODES: Final = 10
WINDOW: Final = 1
"""How many half minutes a clock may be wrong."""

LEAST_BYTES: Final = 16
"""RFC 4226, R6: a secret has at least 128 bits."""


@dataclass(frozen=True)
class Kept:
    """The sealed secret of an app, and the time step that was last signed in with."""

    tenant: UUID
    id: UUID
    sealed: bytes = field(repr=False)
    last_step: int | None = None


def new_code_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def checked_secret(secret: str) -> str:
    """The secret that a hardware token came with. Raises Invalid where it is none."""
    plain = secret.replace(" ", "").upper().rstrip("=")
    try:
        long_enough = len(base64.b32decode(plain + "=" * (-len(plain) % 8))) >= LEAST_BYTES
    except ValueError:
        long_enough = False
    if not long_enough:
        rule = f"A secret is in base 32 (RFC 4648) and has at least {LEAST_BYTES * 8} bits."
        raise Invalid("The secret is no secret of a token.", [FieldProblem("secret", "base-32", rule)])
    return plain


def uri(secret: str, email: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


async def sealed_anew(custody: Custody, tenant: UUID, secret: str) -> Kept:
    """A secret as it is kept, outside of any scope: the key may have to be made."""
    return await asyncio.to_thread(_seal, custody, tenant, secret, custody.clock.now())


async def step_of(custody: Custody, kept: Kept, code: str) -> int | None:
    """The time step that a code is of; None where it is wrong, or was used, or a later one was."""
    now = custody.clock.now()
    try:
        secret = await asyncio.to_thread(_open, custody, kept, now)
        step: int = pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=WINDOW)
    except (OTPVerificationError, KeyDestroyed):  # or the contract is over, and its keys with it
        return None
    return None if kept.last_step is not None and step <= kept.last_step else step


async def insert_unconfirmed(member: UUID, kept: Kept, *, now: datetime) -> None:
    """Keep a secret that its owner has not come back with yet, in the open scope; it replaces another such."""
    await DB.fetch("DELETE FROM code_secret WHERE member_id = $1 AND confirmed_at IS NULL", member)
    await DB.fetch(
        "INSERT INTO code_secret (tenant_id, id, member_id, sealed, made_at) VALUES ($1, $2, $3, $4, $5)",
        kept.tenant,
        kept.id,
        member,
        kept.sealed,
        now,
    )


async def find(member: UUID, *, confirmed: bool) -> Kept | None:
    """The secret of a member, in the open scope."""
    found = await DB.fetch(
        "SELECT tenant_id, id, sealed, last_step FROM code_secret WHERE member_id = $1"
        " AND (confirmed_at IS NOT NULL) = $2",
        member,
        confirmed,
    )
    return Kept(*found[0].values()) if found else None


async def confirm(member: UUID, kept: Kept, step: int, *, now: datetime) -> bool:
    """From now on the member signs in with this secret and no other, in the open scope; whether it is still there."""
    await DB.fetch("DELETE FROM code_secret WHERE member_id = $1 AND id <> $2", member, kept.id)
    found = await DB.fetch(
        "UPDATE code_secret SET confirmed_at = $2, last_step = $3 WHERE id = $1 RETURNING id", kept.id, now, step
    )
    return bool(found)


async def spend(kept: Kept, step: int) -> bool:
    """Use a code up, in the open scope; False where somebody was quicker."""
    found = await DB.fetch(
        "UPDATE code_secret SET last_step = $2 WHERE id = $1 AND coalesce(last_step, 0) < $2 RETURNING id",
        kept.id,
        step,
    )
    return bool(found)


async def make_recovery_codes(tenant: UUID, member: UUID, *, now: datetime) -> list[str]:
    """Ten new recovery codes in place of the old ones, in the open scope; they are shown once."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    await DB.fetch("DELETE FROM recovery_code WHERE member_id = $1", member)
    await DB.fetch(
        "INSERT INTO recovery_code (tenant_id, member_id, digest, made_at)"
        " SELECT $1, $2, digest, $4 FROM unnest($3::bytea[]) digest",
        tenant,
        member,
        [digest_of_recovery_code(code) for code in codes],
        now,
    )
    return codes


async def has_recovery_code(member: UUID, code: str) -> bool:
    """Whether it is a recovery code of this member that was not used, in the open scope."""
    found = await DB.fetch(
        "SELECT 1 FROM recovery_code WHERE member_id = $1 AND digest = $2 AND used_at IS NULL",
        member,
        digest_of_recovery_code(code),
    )
    return bool(found)


async def spend_recovery_code(member: UUID, code: str, *, now: datetime) -> bool:
    """Use a recovery code up, in the open scope; False where there is none, or somebody was quicker."""
    found = await DB.fetch(
        "UPDATE recovery_code SET used_at = $3 WHERE member_id = $1 AND digest = $2 AND used_at IS NULL RETURNING 1",
        member,
        digest_of_recovery_code(code),
        now,
    )
    return bool(found)


def digest_of_recovery_code(code: str) -> bytes:
    """SHA-256 of its letters and digits: 80 random bits need nothing slower."""
    return hashlib.sha256("".join(filter(str.isalnum, code)).upper().encode()).digest()


def _recovery_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def _seal(custody: Custody, tenant: UUID, secret: str, now: datetime) -> Kept:
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    row = uuid4()
    place, fresh = Place(tenant, row, "code"), custody.keyring.new_data_key()
    header = Header(place, str(key.id), key.wrap(fresh, place), "text/plain")
    return Kept(tenant, row, seal(fresh, header, secret.encode()))


def _open(custody: Custody, kept: Kept, now: datetime) -> str:
    place, header = Place(kept.tenant, kept.id, "code"), Header.read(kept.sealed)
    key = custody.keyring.find(ShredKeyId.parse(kept.tenant, header.key_id), now=now)
    return open_sealed(key.unwrap(header.wrapped_key, place), place, kept.sealed).decode()
