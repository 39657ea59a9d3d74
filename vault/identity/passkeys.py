"""Passkeys (W3C Web Authentication, level 3): discoverable, with the user verified, bound to the vault's own origin.

Nobody is asked who they are first: the authenticator's user handle names the account, so that a challenge tells
nothing of any. A challenge is good once and for five minutes; Valkey keeps its digest and for whom it is.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from asyncpg import Record
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from tenants.vocabulary import Role, SignInMethod
from vault.accounts import Sessions
from vault.credentials import Issued
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, FieldProblem, Invalid, Unauthenticated
from vault.identity.methods import held_by, require_method

CHALLENGE_LASTS: Final = timedelta(minutes=5)
MOST: Final = 20
"""Passkeys of one person."""

NAME: Final = "Recording vault"
WRONG: Final = "The passkey is unknown here, or was not used on this page."

UNREADABLE: Final = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, OverflowError)
"""What reading and verifying an answer of a browser can raise: it is somebody's input through and through."""


@dataclass(frozen=True)
class User:
    """Whose passkey is made. Address and name go to the person's own authenticator and nowhere else."""

    tenant: UUID
    member: UUID
    email: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """A registered passkey as its owner sees it; `aaguid` tells the model of the authenticator, where it does."""

    id: UUID
    aaguid: str
    backed_up: bool
    made_at: datetime
    used_at: datetime | None
    label: str
    """By which its owner knows it again; empty until they say so."""


async def begin_registration(custody: Custody, user: User, known: Iterable[bytes]) -> dict[str, Any]:
    """The options for `navigator.credentials.create()`, in their JSON form; `known` are not registered again."""
    options = generate_registration_options(
        rp_id=rp_id(custody),
        rp_name=NAME,
        user_id=user.tenant.bytes + user.member.bytes,
        user_name=user.email,
        user_display_name=user.name,
        timeout=_milliseconds(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    await _keep(custody, options.challenge, _for(user.tenant, user.member))
    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


async def finish_registration(
    custody: Custody, tenant: UUID, member: UUID, credential: dict[str, Any]
) -> VerifiedRegistration:
    """What the authenticator made. Raises Invalid where it was not made for this member, here and now."""
    try:
        challenge = _challenge(credential)
        if not await _take(custody, challenge, _for(tenant, member)):
            raise ValueError("not a challenge of this member's")
        return verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(custody),
            expected_origin=custody.origin,
            require_user_verification=True,
        )
    except UNREADABLE:
        rule = FieldProblem("passkey", "unverified", "It was not made for this, here, in time and with its user known.")
        raise Invalid("The passkey is not registered.", [rule]) from None


async def insert(tenant: UUID, member: UUID, made: VerifiedRegistration, *, now: datetime) -> UUID:
    """Keep a passkey, in the open scope; its id is the answer. Raises Conflict where it is there, or there are many."""
    held = await DB.fetch("SELECT credential FROM passkey WHERE member_id = $1", member)
    if len(held) >= MOST:
        raise Conflict(f"There are {MOST} passkeys already: remove one first.")
    rows = await DB.fetch(
        "INSERT INTO passkey (tenant_id, id, member_id, credential, public_key, sign_count, aaguid, backed_up, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id",
        tenant,
        uuid4(),
        member,
        made.credential_id,
        made.credential_public_key,
        made.sign_count,
        made.aaguid,
        made.credential_backed_up,
        now,
    )
    if not rows:
        raise Conflict("This passkey is registered already.")
    registered: UUID = rows[0]["id"]
    return registered


async def credentials_of(member: UUID) -> list[bytes]:
    """What the authenticators call a member's passkeys, in the open scope."""
    return [row["credential"] for row in await DB.fetch("SELECT credential FROM passkey WHERE member_id = $1", member)]


async def passkeys_of(member: UUID) -> list[Passkey]:
    """The passkeys of a member, in the open scope."""
    rows = await DB.fetch(
        "SELECT id, aaguid, backed_up, made_at, used_at, label FROM passkey WHERE member_id = $1 ORDER BY made_at, id",
        member,
    )
    return [Passkey(**dict(row)) for row in rows]


async def begin_sign_in(custody: Custody) -> dict[str, Any]:
    """The options for `navigator.credentials.get()`, in their JSON form: for anybody, and the same for all."""
    options = generate_authentication_options(
        rp_id=rp_id(custody), timeout=_milliseconds(), user_verification=UserVerificationRequirement.REQUIRED
    )
    await _keep(custody, options.challenge, ANYBODY)
    made: dict[str, Any] = json.loads(options_to_json(options))
    return made


async def sign_in(custody: Custody, credential: dict[str, Any], *, bound_to: str = "", program: str = "") -> Issued:
    """Open a session with what the authenticator signed.

    Raises:
        Unauthenticated: the passkey is unknown or a copy, the challenge was used or is too old, or another page asked.
        RefusedByPolicy: the controller's people sign in by other means.
        Unavailable: Valkey or the catalogue does not answer.
    """
    try:
        challenge, (tenant, member) = _challenge(credential), _user_of(credential)
        if not await _take(custody, challenge, ANYBODY):
            raise ValueError("not a challenge of ours")
        row, roles = await _find(tenant, member, base64url_to_bytes(credential["rawId"]))
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(custody),
            expected_origin=custody.origin,
            credential_public_key=row["public_key"],
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    except UNREADABLE:
        raise Unauthenticated(WRONG) from None
    now = custody.clock.now()
    async with tenant_scope(tenant):
        if not await _note_use(row["id"], verified.new_sign_count, verified.credential_backed_up, now):
            raise Unauthenticated(WRONG)
        held = await held_by(tenant, now=now)
    require_method(SignInMethod.PASSKEY, held, roles)
    return await Sessions.open(custody, tenant, member, method=SignInMethod.PASSKEY, bound_to=bound_to, program=program)


def rp_id(custody: Custody) -> str:
    """The relying party: the vault's host, without scheme and port."""
    return urlsplit(custody.origin).hostname or "localhost"


ANYBODY: Final = b"sign-in"


def _for(tenant: UUID, member: UUID) -> bytes:
    return f"{tenant}:{member}".encode()


async def _keep(custody: Custody, challenge: bytes, whose: bytes) -> None:
    async with custody.volatile.asked() as valkey:
        await valkey.set(_key(challenge), whose, ex=CHALLENGE_LASTS)


async def _take(custody: Custody, challenge: bytes, whose: bytes) -> bool:
    """Whether it is a challenge for this, which nobody has used yet."""
    async with custody.volatile.asked() as valkey:
        return bool(await valkey.getdel(_key(challenge)) == whose)


async def _find(tenant: UUID, member: UUID, credential: bytes) -> tuple[Record, frozenset[Role]]:
    """Raises LookupError where there is none."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT p.id, p.public_key, p.sign_count, m.roles FROM passkey p"
            " JOIN member m ON m.tenant_id = p.tenant_id AND m.id = p.member_id"
            " WHERE p.member_id = $1 AND p.credential = $2",
            member,
            credential,
        )
    return rows[0], frozenset(Role(role) for role in rows[0]["roles"])


async def _note_use(passkey: UUID, sign_count: int, backed_up: bool, now: datetime) -> bool:
    """In the open scope; False where its count has gone on meanwhile, which a copy's would not."""
    rows = await DB.fetch(
        "UPDATE passkey SET sign_count = $2, backed_up = $3, used_at = $4 WHERE id = $1"
        " AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0)) RETURNING id",
        passkey,
        sign_count,
        backed_up,
        now,
    )
    return bool(rows)


def _challenge(credential: dict[str, Any]) -> bytes:
    return parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).challenge


def _user_of(credential: dict[str, Any]) -> tuple[UUID, UUID]:
    handle = base64url_to_bytes(credential["response"]["userHandle"])
    return UUID(bytes=handle[:16]), UUID(bytes=handle[16:])


def _key(challenge: bytes) -> str:
    return f"challenge:{hashlib.sha256(challenge).hexdigest()}"


def _milliseconds() -> int:
    return int(CHALLENGE_LASTS.total_seconds() * 1000)
