"""Tokens of machines and scripts: issued for a time, listed with their last use, replaced with an overlap.

A token is good until its day, which is at most a year away. Whoever replaces one gets another of the same scopes and
the same life; the old one stays good for some days, so that nothing stands still while the new one is brought in.
With a token one replaces others by none that outlive it. A session issues and replaces tokens only just after it was
opened, so that an unlocked screen gives nobody a way in for months.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller, require_still_in
from vault.credentials import Issued, digest_of, insert_credential, new_token
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound
from vault.identity.own import require_not_stale
from vault.identity.subjects import canonical

LASTS: Final = timedelta(days=90)
"""How long a token is good where nobody says how long."""

LONGEST: Final = timedelta(days=366)
LONGEST_OVERLAP: Final = timedelta(days=7)

MACHINES: Final = frozenset({Role.INGEST, Role.PROVISIONING})
"""Roles of machines: whoever has these alone is nobody who could sign in, and is issued tokens by administrators."""

_COLUMNS: Final = "id, member_id, scopes, created_at, expires_at, last_used_at, replaced_by, bound_to"


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """What a token is to be good for.

    `scopes` are the actions it is narrowed to; none means all that the member's roles allow. `certificate_subject` is
    the subject (RFC 4514) of the client certificate with which alone it is good.
    """

    scopes: Sequence[Action] = ()
    expires_at: datetime | None = None
    certificate_subject: str | None = None


@dataclass(frozen=True, kw_only=True)
class Token:
    """A live token, without its secret. `last_used_at` is right to a minute."""

    id: UUID
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    replaced_by: UUID | None
    bound: bool


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """The token that comes, at the only moment it is shown, and until when the old one is good."""

    issued: Issued
    old_ends_at: datetime


async def issue(custody: Custody, caller: Caller, member_id: UUID, new: NewToken) -> Issued:
    """A bearer token, shown once: a person's own, or a machine's by its controller's administrator.

    Nobody gets a token that speaks for another person: who listened must be who is said to have (C-579/21). A token
    issues none that is good for longer than itself; it can be replaced, which shows in the list.

    Raises:
        NotAllowed: another person's token, or more than the token that the caller came with may do; or that one is
            bound to a client certificate, and this would not be; or a session that was not opened just now.
        NotFound: no such active member of this controller.
        Invalid: the day has gone by or is too far away, or the subject is none.
    """
    if member_id != caller.id:
        caller.require(Action.MANAGE_TOKENS)
    require_not_stale(custody, caller)
    _require_no_more(caller, new.scopes)
    now = custody.clock.now()
    ends_at = _end(new.expires_at, now)
    subject = canonical(new.certificate_subject) if new.certificate_subject is not None else None
    bound_to = digest_of(subject) if subject is not None else None
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        await _require_member(caller, member_id)
        own = await _own(caller)
        if own is not None and own.ends_at is not None and own.ends_at < ends_at:
            if new.expires_at is not None:
                raise NotAllowed("A token issues none that is good for longer than itself.")
            ends_at = own.ends_at
        if own is not None and own.bound_to not in (None, bound_to):
            raise NotAllowed("A token that is bound to a client certificate issues none but of the same.")
        issued = await _store(caller.tenant, member_id, new.scopes, now=now, ends_at=ends_at, bound_to=bound_to)
        details = {"scopes": sorted(new.scopes)}
        event = audit.Event(act="token.issued", actor=caller.id, object_id=issued.id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return issued


async def tokens_of(custody: Custody, caller: Caller, member_id: UUID) -> list[Token]:
    """A member's live tokens, the newest first: one's own, or any member's for an administrator.

    Raises:
        NotAllowed: another's, and the caller is no administrator.
        NotFound: no such member of this controller.
    """
    if member_id != caller.id:
        caller.require(Action.MANAGE_TOKENS)
    async with tenant_scope(caller.tenant):
        if not await DB.fetch("SELECT 1 FROM member WHERE id = $1", member_id):
            raise NotFound
        return (await _live(caller.tenant, [member_id], custody.clock.now()))[member_id]


async def tokens_by_member(custody: Custody, caller: Caller, members: Collection[UUID]) -> dict[UUID, list[Token]]:
    """The same of several members, for an administrator. Raises NotAllowed."""
    caller.require(Action.MANAGE_TOKENS)
    async with tenant_scope(caller.tenant):
        return await _live(caller.tenant, members, custody.clock.now())


async def replace(custody: Custody, caller: Caller, token_id: UUID, *, overlap: timedelta) -> Replaced:
    """Another token in place of one, which stays good for the overlap: one's own, or a machine's for an administrator.

    Args:
        overlap: how long the old one stays good, at most a week; never longer than it would have been.

    Raises:
        NotFound: no such live token of this controller that the caller may replace.
        NotAllowed: more than the token that the caller came with may do, or a session that was not opened just now.
        Conflict: it was replaced already.
    """
    require_not_stale(custody, caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        old = await _replaceable(caller, token_id, now)
        life = (old["expires_at"] or now + LASTS) - (old["created_at"] if old["expires_at"] else now)
        ends_at = now + min(life, LONGEST)
        own = await _own(caller) if token_id != caller.credential else None
        if own is not None and own.ends_at is not None:
            ends_at = min(ends_at, own.ends_at)
        issued = await _store(
            caller.tenant, old["member_id"], old["scopes"], now=now, ends_at=ends_at, bound_to=old["bound_to"]
        )
        ended = await DB.fetch(
            "UPDATE credential SET replaced_by = $1, expires_at = least(expires_at, $2)"
            " WHERE tenant_id = $3 AND id = $4 RETURNING expires_at",
            issued.id,
            now + min(overlap, LONGEST_OVERLAP),
            caller.tenant,
            token_id,
        )
        details = {"replaces": str(token_id)}
        event = audit.Event(act="token.replaced", actor=caller.id, object_id=issued.id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return Replaced(issued=issued, old_ends_at=ended[0]["expires_at"])


def _require_no_more(caller: Caller, scopes: Sequence[str]) -> None:
    if caller.scopes and not (scopes and caller.scopes >= set(scopes)):
        raise NotAllowed("A narrowed token issues none that may do more.")


def _end(wanted: datetime | None, now: datetime) -> datetime:
    if wanted is None:
        return now + LASTS
    if wanted <= now:
        raise Invalid("The token would never be good.", [FieldProblem("expires_at", "future", "A moment to come.")])
    if wanted > now + LONGEST:
        rule = FieldProblem("expires_at", "longest", f"At most {LONGEST.days} days from now.")
        raise Invalid("The token would be good for too long.", [rule])
    return wanted


async def _require_member(caller: Caller, member_id: UUID) -> None:
    found = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active", member_id)
    if not found:
        raise NotFound
    if member_id != caller.id and not _is_machine(found[0]["roles"]):
        raise NotAllowed("A person issues their own tokens; an administrator issues those of machines.")


@dataclass(frozen=True)
class _Own:
    """The token that the caller came with: when it ends, and to which client certificate it is bound."""

    ends_at: datetime | None
    bound_to: bytes | None


async def _own(caller: Caller) -> _Own | None:
    """None for a session."""
    rows = await DB.fetch(
        "SELECT expires_at, bound_to FROM credential WHERE tenant_id = $1 AND id = $2", caller.tenant, caller.credential
    )
    return _Own(*rows[0].values()) if rows else None


async def _replaceable(caller: Caller, token_id: UUID, now: datetime) -> Any:
    rows = await DB.fetch(
        f"SELECT {_COLUMNS} FROM credential WHERE tenant_id = $1 AND id = $2 AND kind = 'token'"  # noqa: S608 - our own columns
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3) FOR UPDATE",
        caller.tenant,
        token_id,
        now,
    )
    if not rows:
        raise NotFound
    if rows[0]["member_id"] != caller.id:
        found = await DB.fetch("SELECT roles FROM member WHERE id = $1 AND active", rows[0]["member_id"])
        if not (caller.may(Action.MANAGE_TOKENS) and found and _is_machine(found[0]["roles"])):
            raise NotFound
    if token_id != caller.credential:
        _require_no_more(caller, rows[0]["scopes"])
    if rows[0]["replaced_by"] is not None:
        raise Conflict("The token was replaced already.")
    return rows[0]


async def _live(tenant: UUID, members: Collection[UUID], now: datetime) -> dict[UUID, list[Token]]:
    rows = await DB.fetch(
        f"SELECT {_COLUMNS} FROM credential WHERE tenant_id = $1 AND member_id = ANY($2) AND kind = 'token'"  # noqa: S608 - our own columns
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3) ORDER BY created_at DESC, id",
        tenant,
        list(members),
        now,
    )
    return {member: [_token(row) for row in rows if row["member_id"] == member] for member in members}


async def _store(
    tenant: UUID, member_id: UUID, scopes: Sequence[str], *, now: datetime, ends_at: datetime, bound_to: bytes | None
) -> Issued:
    secret = new_token()
    token = await insert_credential(
        tenant, member_id, "token", secret, now=now, expires_at=ends_at, scopes=scopes, bound_to=bound_to
    )
    return Issued(token, secret, ends_at)


def _is_machine(roles: Sequence[str]) -> bool:
    return bool(roles) and MACHINES.issuperset(roles)


def _token(row: Any) -> Token:
    return Token(
        id=row["id"],
        scopes=tuple(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        replaced_by=row["replaced_by"],
        bound=row["bound_to"] is not None,
    )
