"""What somebody has before them for a session of work: the purpose that they named, and what they searched for.

It lies in Valkey, sealed under a key that is made from the session's own secret, and is gone with the session: a number
that was searched for stands in no address, and nobody reads it who has only Valkey.
"""

from base64 import urlsafe_b64encode
from typing import Any, Final
from uuid import uuid4

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar import Request
from msgspec import Struct

from vault.accounts import Caller
from vault.api.authentication import secret_of
from vault.custody.custody import Custody
from vault.sessions import KEPT_SECONDS, desk_of

MOST_KEPT: Final = 20
"""Of searches; the oldest makes room."""


class Desk(Struct, kw_only=True):
    """The purpose (with its title) and reason that were named last; searches by the id that stands in an address."""

    purpose: str | None = None
    title: str | None = None
    reason: str | None = None
    searches: dict[str, dict[str, Any]] = {}

    def keep(self, search: dict[str, Any]) -> str:
        """Keep what was searched for; its id."""
        self.searches = dict(list(self.searches.items())[1 - MOST_KEPT :])
        key = uuid4().hex
        self.searches[key] = search
        return key


async def read_desk(custody: Custody, request: Request[Caller, Any, Any]) -> Desk:
    """What lies there; an empty one where nothing does. Raises Unavailable."""
    async with custody.volatile.asked() as valkey:
        kept = await valkey.get(_place(request))
    try:
        return msgspec.json.decode(_lock(request).decrypt(kept), type=Desk) if kept else Desk()
    except (InvalidToken, msgspec.MsgspecError):
        return Desk()


async def leave_desk(custody: Custody, request: Request[Caller, Any, Any], desk: Desk) -> None:
    """Put it back as it is now. Raises Unavailable."""
    sealed = _lock(request).encrypt(msgspec.json.encode(desk))
    async with custody.volatile.asked() as valkey:
        await valkey.set(_place(request), sealed, ex=KEPT_SECONDS)


def _place(request: Request[Caller, Any, Any]) -> str:
    return desk_of(request.user.credential)


def _lock(request: Request[Caller, Any, Any]) -> Fernet:
    key = HKDF(SHA256(), length=32, salt=None, info=b"recording-vault desk").derive(secret_of(request).encode())
    return Fernet(urlsafe_b64encode(key))
