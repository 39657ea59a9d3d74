"""Where a webhook is and what signs for it: sealed, and opened for an attempt only.

It opens another's door, so it is sealed under a key that lives as long as the contract.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.sealed import Header, Place, SealedInvalid, open_sealed, seal
from vault.telling.telling import DROPPED, WAITING

OVERLAP: Final = timedelta(days=1)
"""For so long the secret before signs too, once there is another."""

KEY_CLASS: Final = "message"


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sealed of a webhook: where it is, what signs now, and until when the secret before does too."""

    url: str
    secret: str
    before: str | None = None
    before_until: datetime | None = None

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Target(…)"

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """What signs at this moment, the newest first."""
        if self.before is None or self.before_until is None or self.before_until <= now:
            return (self.secret,)
        return self.secret, self.before

    def renewed(self, secret: str, now: datetime) -> "Target":
        """With another secret, and the one before for as long as two overlap."""
        return Target(url=self.url, secret=secret, before=self.secret, before_until=now + OVERLAP)


def seal_target(custody: Custody, tenant: UUID, webhook: UUID, target: Target, *, now: datetime) -> bytes:
    """A target as it is stored; blocks on the disk."""
    key = custody.keyring.newest(ShredKeyId(tenant, KEY_CLASS, None), now=now)
    place, fresh = _place(tenant, webhook), custody.keyring.new_data_key()
    header = Header(place, str(key.id), key.wrap(fresh, place), "application/json")
    return seal(fresh, header, msgspec.json.encode(target))


def open_target(custody: Custody, tenant: UUID, webhook: UUID, sealed: bytes, *, now: datetime) -> Target | None:
    """The target again; blocks on the disk. None where it does not open (any more)."""
    place = _place(tenant, webhook)
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(tenant, header.key_id), now=now)
        opened = open_sealed(key.unwrap(header.wrapped_key, place), place, sealed)
    except (KeyringError, SealedInvalid):
        return None
    return msgspec.json.decode(opened, type=Target)


def _place(tenant: UUID, webhook: UUID) -> Place:
    return Place(tenant, webhook, "webhook")


async def lock(tenant: UUID, webhook: UUID) -> bool:
    """Let one at a time write down what becomes of a webhook and its deliveries, in the controller's open scope.

    It comes before any of their rows is touched. Returns whether there is such a webhook.
    """
    sql = "SELECT 1 FROM webhook WHERE tenant_id = $1 AND id = $2 FOR UPDATE"
    return bool(await DB.fetch(sql, tenant, webhook))


async def drop_waiting(tenant: UUID, webhook: UUID, *, why: str, now: datetime) -> None:
    """Post nothing of what still waits for a webhook, in the controller's open scope."""
    await DB.fetch(
        "UPDATE message_delivery SET state = $3, ended_at = $4, outcome = $5"
        " WHERE tenant_id = $1 AND webhook_id = $2 AND state = $6",
        tenant,
        webhook,
        DROPPED,
        now,
        why,
        WAITING,
    )
