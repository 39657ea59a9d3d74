"""Who is calling: people with a password and a session, machines with a token, and nobody without either.

Secrets are stored as digests (tokens, sessions, invitations) or argon2id verifiers (passwords) and shown once.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from tenants.decisions import Person
from tenants.vocabulary import Role
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.custody.tables import Credential, Member
from vault.errors import Conflict, Destroyed, FieldProblem, Invalid, NotAllowed, NotFound, Unauthenticated

SESSION_LASTS = timedelta(hours=8)
INVITATION_LASTS = timedelta(days=14)
PASSWORD_MINIMUM = 12
REMEMBERED_SECONDS = 2.0
"""How long a caller is remembered between requests; so long may a revocation take in another process."""

_HASHER = PasswordHasher()


@dataclass(frozen=True)
class Caller:
    """Who is acting, and with which credential. A token's scopes can only narrow what the person's roles allow."""

    person: Person
    credential: UUID
    scopes: frozenset[str] = frozenset()

    @property
    def tenant(self) -> UUID:
        return self.person.tenant

    @property
    def id(self) -> UUID:
        return self.person.id

    def has(self, *roles: Role) -> bool:
        """Whether the person holds at least one of these roles."""
        return not self.person.roles.isdisjoint(roles)

    def must_have(self, *roles: Role) -> None:
        """Raises NotAllowed unless the person holds one of these roles."""
        if not self.has(*roles):
            raise NotAllowed(f"This needs the role {' or '.join(roles)}.")


@dataclass(frozen=True)
class Issued:
    """A secret at the only moment it is shown."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """Somebody, or some machine, to be let in."""

    email: str
    name: str
    roles: tuple[Role, ...]
    agent_id: str | None = None


@dataclass
class Sessions:
    """Signing in, and recognising who has."""

    custody: Custody
    _seen: dict[bytes, tuple[float, Caller]] = field(default_factory=dict, repr=False)

    async def authenticate(self, secret: str) -> Caller:
        """The caller behind a bearer token or session.

        Raises:
            Unauthenticated: unknown, expired or revoked, or the person is no longer active.
            Destroyed: the controller it belonged to was destroyed at its contract's end.
        """
        digest = _digest(secret)
        seen = self._seen.get(digest)
        if seen and time.monotonic() - seen[0] < REMEMBERED_SECONDS:
            return seen[1]
        caller = await self._look_up(digest)
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[digest] = (time.monotonic(), caller)
        return caller

    async def sign_in(self, controller: str, email: str, password: str) -> tuple[Caller, Issued]:
        """Check a password and open a session.

        Args:
            controller: the controller's slug; empty for the outsourcing firm's operators. The same address may
                belong to members of several controllers, and none of them learns of the others.

        Raises:
            Unauthenticated: in the same words and time whether the address or the password is wrong.
        """
        now = self.custody.clock.now()
        async with platform_scope():
            rows = await DB.fetch(
                "SELECT tenant_id, member_id, verifier FROM credential"
                " WHERE kind = 'password' AND digest = $1 AND revoked_at IS NULL",
                self._login(controller, email),
            )
        verifier = rows[0]["verifier"] if rows else _unknown_verifier()
        matches = await asyncio.to_thread(_matches, verifier, password)
        if not rows or not matches:
            raise Unauthenticated("The address or the password is wrong.")
        tenant, member_id = rows[0]["tenant_id"], rows[0]["member_id"]
        session = _new_secret()
        async with tenant_scope(tenant):
            credential = await _insert(tenant, member_id, "session", session, now=now, expires_at=now + SESSION_LASTS)
            await audit.record(tenant, audit.Event(act="session.opened", actor=member_id, object_id=credential), now=now)
        return await self.authenticate(session), Issued(credential, session, now + SESSION_LASTS)

    async def sign_out(self, caller: Caller) -> None:
        """End the session or token that the caller came with."""
        await self.revoke(caller, caller.credential)

    async def revoke(self, caller: Caller, credential: UUID) -> None:
        """End one credential: one's own, or any of the controller's for its administrator.

        Raises:
            NotFound: no such live credential of this controller that the caller may end.
        """
        now = self.custody.clock.now()
        may_end_others = caller.has(Role.ADMINISTRATOR)
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

    async def redeem(self, invitation: str, password: str) -> UUID:
        """Take up an invitation: set the password it was sent for; the invitation is then spent.

        Returns:
            The member's id.

        Raises:
            Invalid: the password is too short.
            Unauthenticated: the invitation is unknown, spent or out of date.
        """
        if len(password) < PASSWORD_MINIMUM:
            rule = FieldProblem("password", "length", f"At least {PASSWORD_MINIMUM} characters.")
            raise Invalid("The password is too short.", [rule])
        now = self.custody.clock.now()
        verifier = await asyncio.to_thread(_HASHER.hash, password)
        async with platform_scope():
            rows = await DB.fetch(
                "UPDATE credential SET revoked_at = $1 WHERE kind = 'invitation' AND digest = $2"
                " AND revoked_at IS NULL AND expires_at > $1 RETURNING tenant_id, member_id",
                now,
                _digest(invitation),
            )
            if not rows:
                raise Unauthenticated("The invitation is unknown, spent or out of date.")
            tenant, member_id = rows[0]["tenant_id"], rows[0]["member_id"]
            await narrow(tenant)
            member = (await DB.fetch("SELECT email FROM member WHERE id = $1", member_id))[0]
            controller = await DB.fetch("SELECT slug FROM controller WHERE id = $1", tenant)
            await DB.fetch("DELETE FROM credential WHERE member_id = $1 AND kind = 'password'", member_id)
            await Credential.insert(
                Credential(
                    tenant_id=tenant,
                    id=uuid4(),
                    member_id=member_id,
                    kind="password",
                    digest=self._login(controller[0]["slug"] if controller else "", member["email"]),
                    verifier=verifier,
                    scopes=[],
                    created_at=now,
                )
            )
            await audit.record(tenant, audit.Event(act="invitation.redeemed", actor=member_id), now=now)
        return UUID(str(member_id))

    async def _look_up(self, digest: bytes) -> Caller:
        now = self.custody.clock.now()
        async with platform_scope():
            rows = await DB.fetch(
                "SELECT id, tenant_id, member_id, scopes, expires_at, revoked_at FROM credential"
                " WHERE digest = $1 AND kind IN ('session', 'token')",
                digest,
            )
            if not rows:
                raise Unauthenticated("The token or session is unknown.")
            credential = rows[0]
            if credential["revoked_at"] or (credential["expires_at"] and credential["expires_at"] <= now):
                raise Unauthenticated("The token or session has ended.")
            await narrow(credential["tenant_id"])
            members = await DB.fetch("SELECT roles, agent_id, active FROM member WHERE id = $1", credential["member_id"])
            if not members:
                raise await _gone(credential["tenant_id"])
        if not members[0]["active"]:
            raise Unauthenticated("This account is no longer active.")
        person = Person(
            id=credential["member_id"],
            tenant=credential["tenant_id"],
            roles=frozenset(Role(role) for role in members[0]["roles"]),
            agent_id=members[0]["agent_id"],
        )
        return Caller(person, credential["id"], frozenset(credential["scopes"]))

    def _login(self, controller: str, email: str) -> bytes:
        return self.custody.keyring.tenant_index(PLATFORM, "login", f"{controller}\n{email.strip().casefold()}")


async def invite(custody: Custody, tenant: UUID, member: NewMember, *, by: UUID | None) -> tuple[UUID, Issued]:
    """Create a member in the open scope and the invitation by which the person sets a password.

    Raises:
        Conflict: the address already belongs to a member.
    """
    now = custody.clock.now()
    email = member.email.strip().casefold()
    if await DB.fetch("SELECT 1 FROM member WHERE email = $1", email):
        raise Conflict("A member with this address exists already.")
    member_id = uuid4()
    await Member.insert(
        Member(
            tenant_id=tenant,
            id=member_id,
            email=email,
            name=member.name,
            roles=[str(role) for role in member.roles],
            agent_id=member.agent_id,
            active=True,
            created_at=now,
        )
    )
    secret = _new_secret()
    expires_at = now + INVITATION_LASTS
    invitation = await _insert(tenant, member_id, "invitation", secret, now=now, expires_at=expires_at)
    details = {"roles": sorted(member.roles)}
    event = audit.Event(act="member.invited", actor=by, object_id=member_id, details=details)
    await audit.record(tenant, event, now=now)
    return member_id, Issued(invitation, secret, expires_at)


async def add_member(custody: Custody, caller: Caller, member: NewMember) -> tuple[UUID, Issued]:
    """Let somebody in: an administrator of a controller for that controller, an operator for other operators.

    Raises:
        NotAllowed: the caller is neither, or an operator would hand out a role that sees content.
        Conflict: the address already belongs to a member.
    """
    caller.must_have(Role.ADMINISTRATOR, Role.OPERATOR)
    for_platform = caller.tenant == PLATFORM
    if for_platform != (set(member.roles) <= {Role.OPERATOR}):
        raise NotAllowed("The outsourcing firm has operators; a controller has every other role, and only those.")
    async with tenant_scope(caller.tenant):
        return await invite(custody, caller.tenant, member, by=caller.id)


async def members(caller: Caller) -> list[Member]:
    """The members of the caller's controller, by name."""
    caller.must_have(Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR)
    async with tenant_scope(caller.tenant):
        return list(await Member.objects().order_by(Member.name))


async def deactivate(custody: Custody, caller: Caller, member_id: UUID) -> None:
    """Stop a member's access; sessions and tokens fall with it within seconds, in every process.

    Raises:
        NotFound: no such member of this controller.
    """
    caller.must_have(Role.ADMINISTRATOR, Role.OPERATOR)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        if not await DB.fetch("UPDATE member SET active = false WHERE id = $1 RETURNING id", member_id):
            raise NotFound
        await DB.fetch(
            "UPDATE credential SET revoked_at = $1 WHERE tenant_id = $2 AND member_id = $3 AND revoked_at IS NULL",
            now,
            caller.tenant,
            member_id,
        )
        await audit.record(
            caller.tenant, audit.Event(act="member.deactivated", actor=caller.id, object_id=member_id), now=now
        )


async def issue_token(
    custody: Custody, caller: Caller, member_id: UUID, *, scopes: Sequence[str], expires_at: datetime | None
) -> Issued:
    """A bearer token for a machine or a person's script, shown once.

    Args:
        scopes: actions the token is narrowed to; empty means all that the member's roles allow.

    Raises:
        NotFound: no such active member of this controller.
    """
    caller.must_have(Role.ADMINISTRATOR, Role.OPERATOR)
    now = custody.clock.now()
    secret = _new_secret()
    async with tenant_scope(caller.tenant):
        if not await DB.fetch("SELECT 1 FROM member WHERE id = $1 AND active", member_id):
            raise NotFound
        token = await _insert(
            caller.tenant, member_id, "token", secret, now=now, expires_at=expires_at, scopes=list(scopes)
        )
        details = {"scopes": sorted(scopes)}
        event = audit.Event(act="token.issued", actor=caller.id, object_id=token, details=details)
        await audit.record(caller.tenant, event, now=now)
    return Issued(token, secret, expires_at)


async def _insert(
    tenant: UUID,
    member_id: UUID,
    kind: str,
    secret: str,
    *,
    now: datetime,
    expires_at: datetime | None,
    scopes: Sequence[str] = (),
) -> UUID:
    credential = uuid4()
    await Credential.insert(
        Credential(
            tenant_id=tenant,
            id=credential,
            member_id=member_id,
            kind=kind,
            digest=_digest(secret),
            scopes=list(scopes),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return credential


async def _gone(tenant: UUID) -> Exception:
    rows = await DB.fetch("SELECT destruction_id FROM contract WHERE tenant_id = $1 AND destroyed_at IS NOT NULL", tenant)
    if not rows:
        return Unauthenticated("This account no longer exists.")
    return Destroyed(
        "The controller's contract ended and everything of it was destroyed.",
        certificate=str(rows[0]["destruction_id"]),
    )


def _new_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _matches(verifier: str, password: str) -> bool:
    try:
        return _HASHER.verify(verifier, password)
    except VerifyMismatchError:
        return False


@cache
def _unknown_verifier() -> str:
    """What a password is checked against where there is no such account, so that both answers take as long."""
    return _HASHER.hash(secrets.token_hex(16))
