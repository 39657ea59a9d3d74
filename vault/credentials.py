"""A secret is shown once and kept as a digest: invitations, sessions and tokens alike.

A token has a form of its own, so that whoever scans repositories and logs for secrets finds it, and can tell by its
last six characters that it is one (as GitHub's and others' are): `rv_`, 43 characters of base 62 that hold 256 random
bits, and 6 that hold the CRC-32 of all before them. The expression for a scanner is `rv_[0-9A-Za-z]{49}`.
"""

import asyncio
import base64
import hashlib
import re
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import structlog

from vault.custody.database import DB, tenant_scope
from vault.custody.tables import Credential
from vault.errors import Unavailable

TOKEN_PREFIX: Final = "rv_"  # noqa: S105 - how every token begins
INVITATION_LASTS: Final = timedelta(days=14)
NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly it is noted when a token was last used."""

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH: Final = 43
_CHECK_LENGTH: Final = 6
_TOKEN: Final = re.compile(rf"{TOKEN_PREFIX}[0-9A-Za-z]{{{_RANDOM_LENGTH + _CHECK_LENGTH}}}", re.ASCII)

log = structlog.get_logger()


@dataclass(frozen=True)
class Issued:
    """A secret at the only moment it is shown."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime | None = None


def new_secret() -> str:
    """256 random bits, in the alphabet of URLs."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def new_token() -> str:
    """A new token: 256 random bits in the form that this module tells."""
    said = TOKEN_PREFIX + _base62(secrets.randbits(256), _RANDOM_LENGTH)
    return said + _check(said)


def is_token(text: str) -> bool:
    """Whether it has the form of a token: what has not is nobody's, and the catalogue is not asked."""
    return bool(_TOKEN.fullmatch(text)) and text[-_CHECK_LENGTH:] == _check(text[:-_CHECK_LENGTH])


def digest_of(secret: str) -> bytes:
    """SHA-256: enough for a secret that is random, and quick enough for every request."""
    return hashlib.sha256(secret.encode()).digest()


async def insert_credential(
    tenant: UUID,
    member_id: UUID,
    kind: str,
    secret: str,
    *,
    now: datetime,
    expires_at: datetime | None,
    scopes: Sequence[str] = (),
    bound_to: bytes | None = None,
) -> UUID:
    """Store a credential by its digest, in the open scope; its id is the answer.

    Args:
        bound_to: the digest of the client certificate's subject with which alone a token is good.
    """
    credential = uuid4()
    await Credential.insert(
        Credential(
            tenant_id=tenant,
            id=credential,
            member_id=member_id,
            kind=kind,
            digest=digest_of(secret),
            scopes=list(scopes),
            created_at=now,
            expires_at=expires_at,
            bound_to=bound_to,
        )
    )
    return credential


async def replace_invitation(tenant: UUID, member_id: UUID, *, now: datetime) -> Issued:
    """An invitation in place of those that are out, in the open scope."""
    await end_invitations(member_id, now=now)
    await known_anew(member_id, now=now)
    # It is typed behind a command, where what begins with a hyphen is an option.
    secret, expires_at = f"in_{new_secret()}", now + INVITATION_LASTS
    invitation = await insert_credential(tenant, member_id, "invitation", secret, now=now, expires_at=expires_at)
    return Issued(invitation, secret, expires_at)


async def end_invitations(member_id: UUID, *, now: datetime) -> None:
    """Nobody takes up an invitation that is out any more, in the open scope."""
    await DB.fetch(
        "UPDATE credential SET revoked_at = $1 WHERE member_id = $2 AND kind = 'invitation' AND revoked_at IS NULL",
        now,
        member_id,
    )


async def known_anew(member_id: UUID, *, now: datetime) -> None:
    """From now on somebody is here as they are, in the open scope: what waits for a second person does not for them."""
    await DB.fetch("UPDATE member SET known_since = $1 WHERE id = $2", now, member_id)


async def has_a_way_in(member_id: UUID) -> bool:
    """Whether somebody has taken an invitation up or come in, so that the account is theirs; in the open scope."""
    found = await DB.fetch(
        "SELECT 1 FROM credential WHERE member_id = $1 AND kind = 'password' AND revoked_at IS NULL"
        " UNION ALL SELECT 1 FROM passkey WHERE member_id = $1"
        " UNION ALL SELECT 1 FROM member WHERE id = $1 AND came_in_at IS NOT NULL",
        member_id,
    )
    return bool(found)


@dataclass
class LastUses:
    """When tokens were last used: noted behind the requests, and of each token at most once a minute."""

    _noted: dict[UUID, datetime] = field(default_factory=dict, repr=False)
    _writing: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    def note(self, tenant: UUID, token: UUID, *, now: datetime) -> None:
        """Have it written that a token was used; nobody waits for it."""
        last = self._noted.get(token)
        if last is not None and abs(now - last) < NOTED_EVERY:
            return
        self._noted[token] = now
        writing = asyncio.create_task(self._write(tenant, token, now))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    async def written(self) -> None:
        """Wait until everything that was noted is durable, or was given up."""
        await asyncio.gather(*self._writing)

    @staticmethod
    async def _write(tenant: UUID, token: UUID, now: datetime) -> None:
        try:
            async with tenant_scope(tenant):
                await DB.fetch(
                    "UPDATE credential SET last_used_at = $1 WHERE tenant_id = $2 AND id = $3"
                    " AND (last_used_at IS NULL OR last_used_at < $1)",
                    now,
                    tenant,
                    token,
                )
        except (Unavailable, asyncpg.PostgresError):
            log.warning("token.use_not_noted")


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _check(said: str) -> str:
    return _base62(zlib.crc32(said.encode()), _CHECK_LENGTH)
