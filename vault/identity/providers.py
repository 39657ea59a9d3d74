"""A controller's OpenID provider is set by two persons: whoever sets it decides who everybody is said to be."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import msgspec
from asyncpg import Record
from joserfc.jwk import ECKey

from tenants.decisions import Action
from tenants.directory import unmappable
from vault import sessions
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import FieldProblem, Invalid, NotFound
from vault.identity.fetching import ProviderFailed, is_issuer
from vault.identity.metadata import Descriptions
from vault.identity.own import require_not_stale
from vault.identity.provider_model import Authentication, Provider, Settings
from vault.identity.sealing import open_words, place_of, seal_words
from vault.identity.taking_up import tell_changed
from vault.members import signed_out
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

SET_PROVIDER = "set_identity_provider"
WHAT = "identity-provider"
SIGN_IN = "/v1/sign-in/oidc"
"""Below which people go to their controller's provider and come back."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A provider as an administrator describes it; there is a secret unless a key proves who the vault is."""

    issuer: str
    client_id: str
    authentication: Authentication
    client_secret: str | None = field(repr=False)
    settings: Settings


async def propose_provider(custody: Custody, caller: Caller, wanted: Wanted, *, reason: str) -> Proposal:
    """Propose by whom the controller's people are vouched for, in place of whoever did before.

    With `private_key_jwt` the vault makes a key pair; the public key stands in the proposal's terms.

    Raises:
        NotAllowed: the caller is no administrator of the controller.
        Invalid: the issuer is no https address, a secret is missing, a role is not a directory's to give, or the
            reason says nothing, or too much.
        Conflict: another provider waits for a decision.
        ProviderFailed: the provider does not describe itself at its address.
    """
    caller.require(Action.MANAGE_SIGN_IN)
    _require_sound(wanted)
    tenant, now, provider = caller.tenant, custody.clock.now(), uuid4()
    key = ECKey.generate_key("P-256") if wanted.authentication is Authentication.PRIVATE_KEY_JWT else None
    secret = json.dumps(key.as_dict(private=True)) if key else str(wanted.client_secret)
    # Sealed at once, since what is decided is done in one transaction, in which no key is made.
    sealed = await asyncio.to_thread(
        seal_words, custody, place_of(tenant, provider, WHAT), json.dumps(secret).encode(), now=now
    )
    terms = {
        "provider": str(provider),
        "issuer": wanted.issuer,
        "client_id": wanted.client_id,
        "authentication": wanted.authentication.value,
        "settings": msgspec.to_builtins(wanted.settings),
        "public_key": _published(key) if key else None,
    }
    draft = Draft(
        action=SET_PROVIDER,
        reason=reason,
        object_id=tenant,
        terms=terms,
        sealed_terms={"secret": base64.b64encode(sealed).decode()},
    )
    return await propose(custody, HANDLERS, caller, tenant, draft)


async def current(tenant: UUID) -> Provider | None:
    """The provider of the controller whose scope is open, if one is set."""
    rows = await DB.fetch("SELECT * FROM identity_provider WHERE tenant_id = $1", tenant)
    return _read(rows[0]) if rows else None


async def look(caller: Caller) -> tuple[Provider, str]:
    """The controller's provider, for its administrators, and the controller's slug. Raises NotAllowed, NotFound."""
    found, slug = await look_for(caller)
    if found is None:
        raise NotFound
    return found, slug


async def look_for(caller: Caller) -> tuple[Provider | None, str]:
    """The provider, if one is set, and the slug that the address to come back to has. Raises NotAllowed."""
    caller.require(Action.MANAGE_SIGN_IN)
    async with tenant_scope(caller.tenant):
        found = await current(caller.tenant)
        controller = await DB.fetch("SELECT slug FROM controller WHERE id = $1", caller.tenant)
    return found, controller[0]["slug"]


async def remove(custody: Custody, caller: Caller) -> None:
    """Let nobody sign in by the provider any more; one person may stop it, and the DPO is told.

    Raises:
        NotAllowed, NotFound.
    """
    caller.require(Action.MANAGE_SIGN_IN)
    tenant = caller.tenant
    async with tenant_scope(tenant):
        found = await DB.fetch("DELETE FROM identity_provider WHERE tenant_id = $1 RETURNING id", tenant)
        if not found:
            raise NotFound
        now, provider = custody.clock.now(), found[0]["id"]
        event = audit.Event(act="identity_provider.removed", actor=caller.id, object_id=provider)
        await audit.record(tenant, event, now=now)
        await _tell(tenant, provider, "removed", now)


async def unlink(custody: Custody, caller: Caller, member_id: UUID) -> None:
    """Forget whom the provider vouched for, and sign them out: at the next sign-in it does so anew. The DPO is told.

    Raises:
        NotAllowed: the caller is no administrator, or came with a session that was not opened just now.
        NotFound: no such member of this controller, or one whom nobody vouched for.
    """
    caller.require(Action.MANAGE_SIGN_IN)
    require_not_stale(custody, caller)
    tenant, now = caller.tenant, custody.clock.now()
    async with tenant_scope(tenant):
        sql = "DELETE FROM external_identity WHERE tenant_id = $1 AND member_id = $2 RETURNING member_id"
        if not await DB.fetch(sql, tenant, member_id):
            raise NotFound
        await signed_out(member_id, now=now)
        event = audit.Event(act="identity.unlinked", actor=caller.id, object_id=member_id)
        await audit.record(tenant, event, now=now)
        await tell_changed(tenant, member_id, "unlinked", now=now)
    await sessions.forget_all(custody, tenant, member_id)


def secret_of(custody: Custody, provider: Provider, *, now: datetime) -> str:
    """What proves to the provider that it is the vault that asks; blocks on the disk. Raises ProviderFailed."""
    words = open_words(custody, place_of(provider.tenant, provider.id, WHAT), provider.sealed, now=now)
    if words is None:
        raise ProviderFailed("secret")
    return str(json.loads(words))


def _published(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}


def _require_sound(wanted: Wanted) -> None:
    problems = []
    if not is_issuer(wanted.issuer):
        rule = "An issuer is an address that begins with https://, without query or fragment."
        problems.append(FieldProblem("issuer", "https", rule))
    if (wanted.client_secret is None) != (wanted.authentication is Authentication.PRIVATE_KEY_JWT):
        rule = "A secret comes with client_secret_basic and client_secret_post, and none with private_key_jwt."
        problems.append(FieldProblem("client_secret", "authentication", rule))
    if wrong := unmappable(role for roles in wanted.settings.roles.values() for role in roles):
        rule = f"Nobody gets these from a directory: {', '.join(wrong)}."
        problems.append(FieldProblem("settings.roles", "directory", rule))
    if "openid" not in wanted.settings.scopes:
        problems.append(FieldProblem("settings.scopes", "openid", "Without the scope openid nobody is vouched for."))
    if problems:
        raise Invalid("Nobody can be vouched for by this provider.", problems)


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What it would do: in whose place, and whether the provider describes itself where it is said to be."""
    described = await Descriptions(custody).metadata(proposal.terms["issuer"])
    methods = described.code_challenge_methods_supported
    async with tenant_scope(proposal.tenant):
        before = await current(proposal.tenant)
    effect: dict[str, Any] = {"instead_of": before.issuer} if before else {}
    return effect | {"pkce": methods is None or "S256" in methods}


async def _set(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """Set the provider in the open scope of the decision."""
    tenant, terms, now = proposal.tenant, proposal.terms, custody.clock.now()
    # Whom another provider vouched for is nobody's word any more.
    await DB.fetch(
        "DELETE FROM external_identity WHERE tenant_id = $1"
        " AND NOT EXISTS (SELECT 1 FROM identity_provider WHERE tenant_id = $1 AND issuer = $2)",
        tenant,
        terms["issuer"],
    )
    await DB.fetch("DELETE FROM identity_provider WHERE tenant_id = $1", tenant)
    await DB.fetch(
        "INSERT INTO identity_provider (tenant_id, id, issuer, client_id, authentication, settings, public_key,"
        " sealed, proposed_by, approved_by, set_at)"
        " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11)",
        tenant,
        UUID(terms["provider"]),
        terms["issuer"],
        terms["client_id"],
        terms["authentication"],
        json.dumps(terms["settings"]),
        json.dumps(terms["public_key"]) if terms["public_key"] else None,
        base64.b64decode(proposal.sealed_terms["secret"]),
        proposal.proposed_by,
        proposal.decided_by,
        now,
    )
    details = {"authentication": terms["authentication"], "proposal": str(proposal.id)}
    event = audit.Event(
        act="identity_provider.set",
        actor=proposal.decided_by,
        object_id=UUID(terms["provider"]),
        details=details,
    )
    await audit.record(tenant, event, now=now)
    await _tell(tenant, UUID(terms["provider"]), "set", now)
    return {"provider": terms["provider"]}


async def _tell(tenant: UUID, provider: UUID, what: str, now: datetime) -> None:
    topic = Topic.IDENTITY_PROVIDER_CHANGED
    await tell(tenant, topic, provider, audience=Audience.DPO, now=now, details={"what": what})


def _read(row: Record) -> Provider:
    return Provider(
        id=row["id"],
        tenant=row["tenant_id"],
        issuer=row["issuer"],
        client_id=row["client_id"],
        authentication=Authentication(row["authentication"]),
        settings=msgspec.json.decode(row["settings"], type=Settings),
        public_key=json.loads(row["public_key"]) if row["public_key"] else None,
        sealed=row["sealed"],
    )


HANDLERS: Handlers = MappingProxyType(
    {SET_PROVIDER: Handler(Action.MANAGE_SIGN_IN, Action.MANAGE_SIGN_IN, _check, at_once=_set)}
)
"""Both are administrators of the controller's."""
