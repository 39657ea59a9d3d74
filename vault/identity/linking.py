"""Whom a provider means: a member who was let in before, by invitation or by the directory; nobody is let in by it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tenants.directory import claim_values, may_link, roles_of
from tenants.vocabulary import Role
from vault.credentials import INVITATION_LASTS, end_invitations
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.identity.provider_model import Provider
from vault.identity.roles import lock_directory, set_roles
from vault.identity.taking_up import tell_taken_up
from vault.identity.user_rows import external_index

MOST_AGENT_ID = 100

UNLINKED_FOR: Final = INVITATION_LASTS + timedelta(days=7)
"""For how long after a recovery: until the invitation, which is made within a week of it, is over."""


@dataclass(frozen=True)
class Subject:
    """Somebody whom the provider vouches for; `digest` stands for issuer and subject, `external` for the directory's
    own id of them.
    """

    claims: Mapping[str, Any] = field(repr=False)
    digest: bytes
    external: bytes | None


@dataclass(frozen=True)
class Linked:
    """The member whom a subject is, their roles, and whether these have just changed."""

    member: UUID
    roles: frozenset[Role]
    changed: bool


async def subject_of(custody: Custody, provider: Provider, claims: Mapping[str, Any]) -> Subject:
    """The subject of these claims, found by digests under keys of ours."""
    named = claim_values(claims, provider.settings.external_id_claim)
    return await asyncio.to_thread(_subject, custody, provider, claims, named)


def _subject(custody: Custody, provider: Provider, claims: Mapping[str, Any], named: tuple[str, ...]) -> Subject:
    digest = subject_digest(custody, provider, str(claims["sub"]))
    return Subject(claims, digest, external_index(custody, provider.tenant, named[0]) if named else None)


def subject_digest(custody: Custody, provider: Provider, sub: str) -> bytes:
    """By which an issuer's subject is found; blocks on the disk where the controller's key is first used."""
    return custody.keyring.tenant_index(provider.tenant, "identity-subject", f"{provider.issuer}\n{sub}")


async def member_of(tenant: UUID, digest: bytes) -> UUID | None:
    """Whom a subject was linked to, in the open scope."""
    sql = "SELECT member_id FROM external_identity WHERE tenant_id = $1 AND subject = $2"
    rows = await DB.fetch(sql, tenant, digest)
    return rows[0]["member_id"] if rows else None


async def link(provider: Provider, subject: Subject, *, now: datetime) -> Linked | None:
    """The active member whom a subject is, in the open scope; linked for good when they come for the first time.

    Returns:
        None where there is nobody: never let in, stopped, or linked to another subject.
    """
    tenant = provider.tenant
    await lock_directory(tenant)
    member_id = await member_of(tenant, subject.digest) or await _first(provider, subject, now)
    if member_id is None:
        return None
    rows = await DB.fetch("SELECT roles FROM member WHERE tenant_id = $1 AND id = $2 AND active", tenant, member_id)
    if not rows or not _may_federate(rows[0]["roles"]):
        return None
    changed = await _follow_claims(provider, subject, member_id, now)
    rows = await DB.fetch("SELECT roles FROM member WHERE tenant_id = $1 AND id = $2", tenant, member_id)
    return Linked(member_id, frozenset(Role(role) for role in rows[0]["roles"]), changed)


async def _first(provider: Provider, subject: Subject, now: datetime) -> UUID | None:
    by, member_id = "directory", await _of_directory(provider.tenant, subject)
    if member_id is None:
        by, member_id = "email", await _of_address(provider, subject.claims)
    if member_id is None:
        return None
    # Beside a recovery: either it ends this link, or it is seen here. As `set_roles` locks them, who may follow.
    await DB.fetch("SELECT 1 FROM member WHERE id = $1 FOR UPDATE", member_id)
    if await _is_given_back(member_id, now):
        return None
    made = await DB.fetch(
        "INSERT INTO external_identity (tenant_id, member_id, subject, linked_by, linked_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING member_id",
        provider.tenant,
        member_id,
        subject.digest,
        by,
        now,
    )
    if not made:
        return None
    # Whoever made the invitation would still hold it, and the account has an owner now.
    await end_invitations(member_id, now=now)
    event = audit.Event(act="identity.linked", actor=member_id, object_id=member_id, details={"by": by})
    await audit.record(provider.tenant, event, now=now)
    found = await DB.fetch("SELECT roles FROM member WHERE tenant_id = $1 AND id = $2", provider.tenant, member_id)
    await tell_taken_up(provider.tenant, member_id, found[0]["roles"], now=now)
    return member_id


async def _is_given_back(member_id: UUID, now: datetime) -> bool:
    """Whether two persons gave the account back to its owner of late, in the open scope.

    The account at the provider may be the one that was taken over: so long it links nobody anew by itself, and whoever
    owns the account here comes in by the invitation.
    """
    sql = "SELECT 1 FROM account_recovery WHERE member_id = $1 AND approved_at > $2"
    return bool(await DB.fetch(sql, member_id, now - UNLINKED_FOR))


async def _of_directory(tenant: UUID, subject: Subject) -> UUID | None:
    if subject.external is None:
        return None
    rows = await DB.fetch(
        "SELECT u.member_id FROM directory_user u JOIN member m ON m.tenant_id = u.tenant_id AND m.id = u.member_id"
        " WHERE u.tenant_id = $1 AND u.external_index = $2 AND u.ended_at IS NULL AND m.active",
        tenant,
        subject.external,
    )
    # The directory's ids are its own to keep apart: of two with the same one, it is neither.
    return rows[0]["member_id"] if len(rows) == 1 else None


async def _of_address(provider: Provider, claims: Mapping[str, Any]) -> UUID | None:
    email = claims.get("email")
    domains = provider.settings.email_domains
    if not isinstance(email, str) or not may_link(email, verified=claims.get("email_verified"), domains=domains):
        return None
    rows = await DB.fetch(
        "SELECT id, roles FROM member WHERE tenant_id = $1 AND email = $2 AND active",
        provider.tenant,
        email.strip().casefold(),
    )
    return rows[0]["id"] if rows and _may_federate(rows[0]["roles"]) else None


def _may_federate(roles: list[str]) -> bool:
    """Machines and people of outside are none of the provider's."""
    return not {Role.INGEST, Role.PROVISIONING, Role.RECIPIENT, Role.OPERATOR} & set(roles)


async def _follow_claims(provider: Provider, subject: Subject, member_id: UUID, now: datetime) -> bool:
    """Give the roles that the claims say, unless the directory's groups or the administrators give them."""
    tenant, settings = provider.tenant, provider.settings
    sql = "SELECT 1 FROM directory_user WHERE tenant_id = $1 AND member_id = $2 AND ended_at IS NULL"
    if await DB.fetch(sql, tenant, member_id):
        return False
    if settings.agent_claim:
        agent = next(iter(claim_values(subject.claims, settings.agent_claim)), None)
        await DB.fetch(
            "UPDATE member SET agent_id = $3 WHERE tenant_id = $1 AND id = $2 AND agent_id IS DISTINCT FROM $3",
            tenant,
            member_id,
            agent[:MOST_AGENT_ID] if agent else None,
        )
    if not settings.roles:
        return False
    roles = roles_of(claim_values(subject.claims, settings.role_claim), settings.roles)
    return await set_roles(tenant, member_id, roles, by=member_id, now=now)
