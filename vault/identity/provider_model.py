"""A controller's OpenID provider: who it is, how the vault proves itself there, and what its claims mean here."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

from tenants.vocabulary import Role

LONGEST_WORD = 200
"""Of a claim's name or value, or a client's id, in characters."""

Word = Annotated[str, Meta(min_length=1, max_length=LONGEST_WORD)]
Secret = Annotated[str, Meta(min_length=1, max_length=500)]
Domain = Annotated[
    str, Meta(max_length=253, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")
]


class Authentication(StrEnum):
    """How the vault proves itself to the provider (OpenID Connect Core 1.0 §9)."""

    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a name
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a name
    PRIVATE_KEY_JWT = "private_key_jwt"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the provider's claims mean here.

    `roles` gives each value of the claim `role_claim` its roles; without it, roles are given here and not by claims.
    `email_domains` are those whose verified addresses the provider links to members; none, unless they are named.
    `external_id_claim` is what the directory (SCIM) calls `externalId`, by which its people are linked.
    """

    scopes: Annotated[list[Word], Meta(max_length=20)] = field(default_factory=lambda: ["openid", "email", "profile"])
    role_claim: Word = "groups"
    roles: dict[Word, list[Role]] = {}
    agent_claim: Word | None = None
    email_domains: Annotated[list[Domain], Meta(max_length=20)] = []
    external_id_claim: Word = "sub"


class Provider(Struct, frozen=True, kw_only=True):
    """A provider as it is set; `public_key` is the JWK by which it knows the vault, where a key proves that."""

    id: UUID
    tenant: UUID
    issuer: str
    client_id: str
    authentication: Authentication
    settings: Settings
    public_key: dict[str, Any] | None
    sealed: bytes

    def __repr__(self) -> str:
        """Whose it is, and nothing that opens it."""
        return f"Provider({self.id})"
