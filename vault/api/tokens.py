"""Tokens of machines and scripts: issued, listed with their last use, replaced with an overlap, ended."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody, WithSessions
from vault.api.unprintable import Unprintable
from vault.identity import tokens
from vault.identity.subjects import MOST_CHARACTERS
from vault.identity.tokens import LONGEST_OVERLAP, NewToken, Token

HOUR = timedelta(hours=1)
Hours = Annotated[int, Meta(ge=0, le=LONGEST_OVERLAP // HOUR)]
Subject = Annotated[str, Meta(min_length=3, max_length=MOST_CHARACTERS)]


class TokenRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token may do and until when; no scopes means all that the member's roles allow.

    Without `expires_at` it is good for 90 days; a year is the longest. With `certificate_subject` (RFC 4514, such as
    `CN=pbx-1,O=Demo Oy`) it is good with the client certificate of that subject alone.
    """

    scopes: Annotated[list[Action], Meta(max_length=len(Action))] = []
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    certificate_subject: Subject | None = None


class TokenView(Unprintable, frozen=True, kw_only=True):
    """A token at the only moment it is shown."""

    id: UUID
    token: str
    expires_at: datetime | None


class ReplacementRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many hours the old token stays good beside the new one; none ends it at once."""

    overlap_hours: Hours = 24


class ReplacementView(Unprintable, frozen=True, kw_only=True):
    """The token that takes over, at the only moment it is shown, and until when the old one is good."""

    id: UUID
    token: str
    expires_at: datetime | None
    old_ends_at: datetime


class TokenEntry(Struct, frozen=True, kw_only=True):
    """A live token as it is listed: never the secret. `last_used_at` is right to a minute."""

    id: UUID
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    replaced_by: UUID | None
    bound_to_certificate: bool


@post("/members/{member_id:uuid}/tokens", operation_id="issue_token", opt={"action": "signed_in"})
async def issue_token(
    member_id: FromPath[UUID], data: JSONBody[TokenRequest], custody: InCustody, caller: FromCaller
) -> TokenView:
    """A bearer token, for a time; the answer is the only place where it is shown."""
    new = NewToken(scopes=data.scopes, expires_at=data.expires_at, certificate_subject=data.certificate_subject)
    issued = await tokens.issue(custody, caller, member_id, new)
    return TokenView(id=issued.id, token=issued.secret, expires_at=issued.expires_at)


@get("/members/{member_id:uuid}/tokens", operation_id="list_tokens", opt={"action": "signed_in"})
async def list_tokens(member_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> list[TokenEntry]:
    """A member's live tokens with their last use: one's own, or anybody's for an administrator."""
    return [_entry(token) for token in await tokens.tokens_of(custody, caller, member_id)]


@post("/tokens/{token_id:uuid}/rotation", operation_id="rotate_token", opt={"action": "signed_in"})
async def rotate_token(
    token_id: FromPath[UUID], data: JSONBody[ReplacementRequest], custody: InCustody, caller: FromCaller
) -> ReplacementView:
    """Another token in place of one, which stays good a while: one's own, or a machine's for its administrator."""
    replaced = await tokens.replace(custody, caller, token_id, overlap=data.overlap_hours * HOUR)
    issued = replaced.issued
    return ReplacementView(
        id=issued.id, token=issued.secret, expires_at=issued.expires_at, old_ends_at=replaced.old_ends_at
    )


@delete("/tokens/{token_id:uuid}", operation_id="revoke_token", status_code=204, opt={"action": "signed_in"})
async def revoke_token(token_id: FromPath[UUID], sessions: WithSessions, caller: FromCaller) -> None:
    """End a token: one's own, or any of the controller's for its administrator."""
    await sessions.revoke(caller, token_id)


def _entry(token: Token) -> TokenEntry:
    return TokenEntry(
        id=token.id,
        scopes=list(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        replaced_by=token.replaced_by,
        bound_to_certificate=token.bound,
    )


router = Router(path="/v1", tags=["accounts"], route_handlers=[issue_token, list_tokens, rotate_token, revoke_token])
