"""A secret is shown once and kept as a digest: invitations, sessions and tokens alike."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from vault.custody.tables import Credential


@dataclass(frozen=True)
class Issued:
    """A secret at the only moment it is shown."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime | None = None


def new_secret() -> str:
    """256 random bits, in the alphabet of URLs."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


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
) -> UUID:
    """Store a credential by its digest, in the open scope; its id is the answer."""
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
        )
    )
    return credential
