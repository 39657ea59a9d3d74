"""Who is calling: people with a session, machines with a token, and nobody without either.

How people come by a session is in `vault.identity`; secrets are kept as digests and shown once.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from tenants.decisions import ROLES, Action, Person
from tenants.vocabulary import Role, SignInMethod
from vault import sessions
from vault.credentials import Issued, LastUses, digest_of, is_token
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.errors import Destroyed, NotAllowed, NotFound, Unauthenticated

REMEMBERED_SECONDS = 2.0
"""How long a caller is remembered between requests; so long may a revocation take in another process."""

REMEMBERED_CALLERS = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Caller:
    """Who is acting, and with which credential. A token's scopes can only narrow what the person's roles allow."""

    person: Person
    credential: UUID
    scopes: frozenset[str] = frozenset()
    method: SignInMethod | None = None
    """How the person signed in; None for whoever came with a token."""

    signed_in_at: datetime | None = None
    controller_name: str | None = None
    """What the person's controller is called; None for an operator."""

    controller_slug: str | None = None
    """Its short name, which sign-in asks for."""

    @property
    def tenant(self) -> UUID:
        """Whose rows this caller works in: its controller's, or the platform's own for an operator."""
        return self.person.tenant or PLATFORM

    @property
    def id(self) -> UUID:
        return self.person.id

    def may(self, action: Action) -> bool:
        """Whether a role of the person, and the token's scopes, allow an act no notice speaks of."""
        return not self.person.roles.isdisjoint(ROLES[action]) and (not self.scopes or action in self.scopes)

    def require(self, action: Action) -> None:
        """Raises NotAllowed unless a role of the person, and the token's scopes, allow an act no notice speaks of."""
        if self.person.roles.isdisjoint(ROLES[action]):
            raise NotAllowed(f"None of your roles may {action.value.replace('_', ' ')}.")
        self.require_scope(action)

    def require_scope(self, action: Action) -> None:
        """Raises NotAllowed where the token was narrowed to other actions."""
        if self.scopes and action not in self.scopes:
            raise NotAllowed(f"This token's scopes do not hold {action.value!r}.")


@dataclass
class Sessions:
    """Opening sessions, recognising who comes with one or with a token, and ending both."""

    custody: Custody
    last_uses: LastUses = field(default_factory=LastUses, repr=False)
    _seen: dict[bytes, tuple[float, "_Token"]] = field(default_factory=dict, repr=False)
    _people: dict[UUID, tuple[float, "_Member"]] = field(default_factory=dict, repr=False)

    async def authenticate(
        self, secret: str, *, bound_to: str = "", certificate: str | None = None, in_use: bool = True
    ) -> Caller:
        """The caller behind a bearer token or session.

        Args:
            bound_to: what the request came with, as `sessions.binding` tells it; a session may be bound to that.
            certificate: the subject of the client certificate that the request came with; a token may be bound to one.
            in_use: whether somebody comes with it now; one that is only looked at again ends no later, and was not
                used by that.

        Raises:
            Unauthenticated: unknown, expired or revoked, or the person is no longer active.
            Destroyed: the controller it belonged to was destroyed at its contract's end.
            Unavailable: a session, and Valkey does not answer; tokens need none.
        """
        if secret.startswith(sessions.PREFIX):
            return await self._by_session(secret, bound_to, in_use=in_use)
        return await self._by_token(secret, certificate, in_use=in_use)

    @staticmethod
    async def open(
        custody: Custody, tenant: UUID, member: UUID, *, method: SignInMethod, bound_to: str = "", program: str = ""
    ) -> Issued:
        """Open a session for a member who has proven who they are; whoever calls has seen the proof.

        Raises:
            Unauthenticated: no such member, or stopped.
            Unavailable: Valkey does not answer.
        """
        # Before the event, so that no event tells of a session that never was; its secret is nobody's until then.
        session, secret = await sessions.store_session(
            custody, tenant, member, method=method, bound_to=bound_to, program=program
        )
        async with tenant_scope(tenant):
            found = await DB.fetch("SELECT came_in_at FROM member WHERE id = $1 AND active", member)
            if found:
                if found[0]["came_in_at"] is None:
                    await DB.fetch("UPDATE member SET came_in_at = $2 WHERE id = $1", member, session.opened_at)
                details = {"method": str(method)}
                event = audit.Event(act="session.opened", actor=member, object_id=session.id, details=details)
                await audit.record(tenant, event, now=session.opened_at)
        if not found:
            await sessions.end_session(custody, tenant, member, session.id)
            raise Unauthenticated("This account is no longer active.")
        return Issued(session.id, secret, session.ends_at)

    async def sign_out(self, caller: Caller) -> None:
        """End the session or token that the caller came with."""
        if caller.method is None:
            return await self.revoke(caller, caller.credential)
        return await self.end(caller, caller.credential)

    async def end(self, caller: Caller, session: UUID) -> None:
        """End one of the caller's own sessions.

        Raises:
            NotFound: the caller has no such session open.
            Unavailable: Valkey does not answer.
        """
        if not await sessions.end_session(self.custody, caller.tenant, caller.id, session):
            raise NotFound
        async with tenant_scope(caller.tenant):
            event = audit.Event(act="session.ended", actor=caller.id, object_id=session)
            await audit.record(caller.tenant, event, now=self.custody.clock.now())

    async def revoke(self, caller: Caller, credential: UUID) -> None:
        """End one token: one's own, or any of the controller's for its administrator.

        Raises:
            NotFound: no such live token of this controller that the caller may end.
        """
        now = self.custody.clock.now()
        may_end_others = caller.may(Action.MANAGE_TOKENS)
        async with tenant_scope(caller.tenant):
            rows = await DB.fetch(
                "UPDATE credential SET revoked_at = $1 WHERE tenant_id = $2 AND id = $3 AND revoked_at IS NULL"
                " AND (member_id = $4 OR $5) RETURNING digest",
                now,
                caller.tenant,
                credential,
                caller.id,
                may_end_others,
            )
            if not rows:
                raise NotFound
            event = audit.Event(act="credential.revoked", actor=caller.id, object_id=credential)
            await audit.record(caller.tenant, event, now=now)
        self._seen.pop(rows[0]["digest"], None)

    async def _by_session(self, secret: str, bound_to: str, *, in_use: bool) -> Caller:
        session = await sessions.recognise(self.custody, secret, bound_to=bound_to, in_use=in_use)
        looked_up, member = self._people.get(session.member, (0.0, None))
        if member is None or time.monotonic() - looked_up >= REMEMBERED_SECONDS:
            async with tenant_scope(session.tenant):
                member = await _member(session.tenant, session.member)
            _remember(self._people, session.member, (time.monotonic(), member))
        if member.signed_out_at is not None and session.opened_at <= member.signed_out_at:
            raise Unauthenticated(sessions.OVER)
        return Caller(
            member.person,
            session.id,
            method=session.method,
            signed_in_at=session.opened_at,
            controller_name=member.controller_name,
            controller_slug=member.controller_slug,
        )

    async def _by_token(self, secret: str, certificate: str | None, *, in_use: bool) -> Caller:
        if not is_token(secret):
            raise Unauthenticated("The token is unknown.")
        digest, now = digest_of(secret), self.custody.clock.now()
        looked_up, token = self._seen.get(digest, (0.0, None))
        if token is None or time.monotonic() - looked_up >= REMEMBERED_SECONDS:
            token = await self._look_up(digest)
            _remember(self._seen, digest, (time.monotonic(), token))
        if token.ends_at is not None and token.ends_at <= now:
            raise Unauthenticated("The token has ended.")
        if token.bound_to is not None and (certificate is None or digest_of(certificate) != token.bound_to):
            raise Unauthenticated("The token is good with its client certificate alone.")
        if in_use:
            self.last_uses.note(token.caller.tenant, token.caller.credential, now=now)
        return token.caller

    async def _look_up(self, digest: bytes) -> "_Token":
        async with platform_scope():
            rows = await DB.fetch(
                "SELECT id, tenant_id, member_id, scopes, expires_at, revoked_at, bound_to FROM credential"
                " WHERE digest = $1 AND kind = 'token'",
                digest,
            )
            if not rows:
                raise Unauthenticated("The token is unknown.")
            found = rows[0]
            if found["revoked_at"]:
                raise Unauthenticated("The token has ended.")
            await narrow(found["tenant_id"])
            member = await _member(found["tenant_id"], found["member_id"])
        caller = Caller(
            member.person,
            found["id"],
            frozenset(found["scopes"]),
            controller_name=member.controller_name,
            controller_slug=member.controller_slug,
        )
        return _Token(caller, found["expires_at"], found["bound_to"])


async def require_still_in(caller: Caller) -> None:
    """Let go on, in the open scope, whom nobody has signed out or stopped since the request began.

    A request takes its time, and may be drawn out; what it leaves behind that opens an account would outlive its right.

    Raises:
        Unauthenticated: the session or token has ended.
    """
    found = await DB.fetch(
        "SELECT signed_out_at FROM member WHERE tenant_id = $1 AND id = $2 AND active FOR UPDATE",
        caller.tenant,
        caller.id,
    )
    ended = not found
    if found and caller.signed_in_at is not None:
        signed_out_at = found[0]["signed_out_at"]
        ended = signed_out_at is not None and caller.signed_in_at <= signed_out_at
    elif found:
        ended = not await DB.fetch(
            "SELECT 1 FROM credential WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL FOR UPDATE",
            caller.tenant,
            caller.credential,
        )
    if ended:
        raise Unauthenticated(sessions.OVER)


@dataclass(frozen=True)
class _Token:
    """A token as remembered between requests; `bound_to` is the digest of its client certificate's subject."""

    caller: Caller
    ends_at: datetime | None
    bound_to: bytes | None


@dataclass(frozen=True)
class _Member:
    """A member as remembered between requests; sessions that were open at `signed_out_at` are over."""

    person: Person
    signed_out_at: datetime | None
    controller_name: str | None
    controller_slug: str | None


async def _member(tenant: UUID, member_id: UUID) -> _Member:
    """The active member, in the open scope. Raises Unauthenticated, Destroyed."""
    found = await DB.fetch(
        "SELECT m.roles, m.agent_id, m.active, m.signed_out_at, c.name AS controller_name,"
        " c.slug AS controller_slug FROM member m LEFT JOIN controller c ON c.id = m.tenant_id WHERE m.id = $1",
        member_id,
    )
    if not found:
        raise await _gone(tenant)
    if not found[0]["active"]:
        raise Unauthenticated("This account is no longer active.")
    person = Person(
        id=member_id,
        tenant=None if tenant == PLATFORM else tenant,
        roles=frozenset(Role(role) for role in found[0]["roles"]),
        agent_id=found[0]["agent_id"],
    )
    return _Member(person, found[0]["signed_out_at"], found[0]["controller_name"], found[0]["controller_slug"])


def _remember(remembered: dict[Key, Value], key: Key, value: Value) -> None:
    if len(remembered) >= REMEMBERED_CALLERS:
        remembered.clear()
    remembered[key] = value


async def _gone(tenant: UUID) -> Exception:
    """Members go before the certificate is written, and are told the same in between."""
    rows = await DB.fetch(
        "SELECT destruction_id FROM contract WHERE tenant_id = $1 AND destroying_since IS NOT NULL", tenant
    )
    if not rows:
        return Unauthenticated("This account no longer exists.")
    return Destroyed(
        "The controller's contract ended and everything of it was destroyed.",
        certificate=str(rows[0]["destruction_id"]),
    )
