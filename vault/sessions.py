"""Who is signed in, since when and by which means: sessions, kept in Valkey by the digest of their secret alone.

A session is over after eight hours, after half an hour in which nobody came with it, when its owner ends it, or when
all of a member's are ended: by `members.signed_out` in the catalogue, and here by `forget_all`. Either is enough, so
that neither a lost Valkey nor a kill between the two brings a session back.
"""

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import msgspec
import structlog
from msgspec import Struct

from tenants.vocabulary import SignInMethod
from vault.credentials import digest_of, new_secret
from vault.custody.custody import Custody
from vault.errors import Unauthenticated, Unavailable

LASTS = timedelta(hours=8)
IDLE = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is noted when somebody last came with a session."""

PREFIX = "vs_"
"""How the secret of a session begins, so that it is told from a machine's token before anybody is asked."""

KEPT_SECONDS = int(LASTS.total_seconds())
OVER = "The session has ended. Sign in again."

Raw: TypeAlias = bytes | str
"""What Valkey answers."""

log = structlog.get_logger()


class Session(Struct, frozen=True, kw_only=True):
    """One session. `bound_to` is the digest of what must come with it each time; empty where nothing must."""

    id: UUID
    tenant: UUID
    member: UUID
    method: SignInMethod
    opened_at: datetime
    ends_at: datetime
    seen_at: datetime
    bound_to: str = ""
    program: str = ""
    """With what it was opened, such as `Firefox, Linux`, for its owner to know it again."""

    def is_over(self, now: datetime) -> bool:
        """Whether its hours are over, or nobody has come with it for too long."""
        return now >= self.ends_at or now - self.seen_at >= IDLE


def binding(*marks: str) -> str:
    """The digest of what a session is bound to, such as the user agent; empty where there is nothing to bind it to."""
    if not any(marks):
        return ""
    return hashlib.sha256(msgspec.json.encode(marks)).hexdigest()


async def store_session(
    custody: Custody, tenant: UUID, member: UUID, *, method: SignInMethod, bound_to: str = "", program: str = ""
) -> tuple[Session, str]:
    """Keep a new session; its secret is the second of the answer, and stands nowhere else. Raises Unavailable."""
    now, secret = custody.clock.now(), PREFIX + new_secret()
    session = Session(
        id=uuid4(),
        tenant=tenant,
        member=member,
        method=method,
        opened_at=now,
        ends_at=now + LASTS,
        seen_at=now,
        bound_to=bound_to,
        program=program,
    )
    key, index = _key(secret), _index(tenant, member)
    async with custody.volatile.asked() as valkey, valkey.pipeline() as pipe:
        pipe.set(key, msgspec.json.encode(session), ex=KEPT_SECONDS)
        pipe.sadd(index, key)
        pipe.expire(index, KEPT_SECONDS)
        await pipe.execute()
    return session, secret


async def recognise(custody: Custody, secret: str, *, bound_to: str = "", in_use: bool = True) -> Session:
    """The session of this secret, which is thereby in use, unless it is only looked at again.

    Raises:
        Unauthenticated: unknown, over, or come with by something else than it is bound to.
        Unavailable: Valkey does not answer.
    """
    now, key = custody.clock.now(), _key(secret)
    async with custody.volatile.asked() as valkey:
        session = _read(await valkey.get(key))
        if session is None or session.is_over(now) or session.bound_to not in ("", bound_to):
            raise Unauthenticated(OVER)
        if in_use and abs(now - session.seen_at) >= NOTED_EVERY:
            noted = msgspec.json.encode(msgspec.structs.replace(session, seen_at=now))
            # Only where it is still there: one that was ended meanwhile stays ended.
            await valkey.set(key, noted, xx=True, keepttl=True)
    return session


async def sessions_of(custody: Custody, tenant: UUID, member: UUID) -> list[Session]:
    """The sessions that a member has open, the newest first. Raises Unavailable."""
    now = custody.clock.now()
    kept = [session for _, session in await _kept(custody, tenant, member) if not session.is_over(now)]
    return sorted(kept, key=lambda session: session.opened_at, reverse=True)


async def end_session(custody: Custody, tenant: UUID, member: UUID, session_id: UUID) -> bool:
    """End one of a member's sessions; whether there was one. Raises Unavailable."""
    kept = [(key, session) for key, session in await _kept(custody, tenant, member) if session.id == session_id]
    await _forget(custody, tenant, member, kept)
    return bool(kept)


async def forget_all(custody: Custody, tenant: UUID, member: UUID) -> None:
    """End all of a member's sessions at once, after `members.signed_out` was committed, which ends them anyway."""
    with suppress(Unavailable):
        await _forget(custody, tenant, member, await _kept(custody, tenant, member))
        return
    log.warning("sessions.not_forgotten")


async def _kept(custody: Custody, tenant: UUID, member: UUID) -> list[tuple[Raw, Session]]:
    async with custody.volatile.asked() as valkey:
        keys = list(await valkey.smembers(_index(tenant, member)))
        values = await valkey.mget(keys) if keys else []
    found = [(key, _read(value)) for key, value in zip(keys, values, strict=True)]
    return [(key, session) for key, session in found if session is not None]


def desk_of(session_id: UUID) -> str:
    """Where Valkey has what somebody works with in a session; it goes with the session."""
    return f"desk:{session_id}"


async def _forget(custody: Custody, tenant: UUID, member: UUID, kept: list[tuple[Raw, Session]]) -> None:
    if kept:
        keys = [key for key, _ in kept]
        async with custody.volatile.asked() as valkey, valkey.pipeline() as pipe:
            pipe.delete(*keys, *(desk_of(session.id) for _, session in kept))
            pipe.srem(_index(tenant, member), *keys)
            await pipe.execute()


def _read(kept: Raw | None) -> Session | None:
    return msgspec.json.decode(kept, type=Session) if kept is not None else None


def _key(secret: str) -> str:
    return f"session:{digest_of(secret).hex()}"


def _index(tenant: UUID, member: UUID) -> str:
    return f"sessions:{tenant}:{member}"
