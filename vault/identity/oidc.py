"""Signing in by the controller's provider: OpenID Connect's code flow with PKCE, begun and ended in one browser.

What ties the end to the beginning is one secret in a cookie: the nonce and the verifier of PKCE come from it and from
the state, so that Valkey keeps digests only and the address bar nothing that is good elsewhere. Each controller's
provider sends back to an address of its own: one that led to another's provider instead would have the code brought
here as its own, and posted to it (RFC 9700 §4.4).
"""

import asyncio
import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from tenants.vocabulary import SignInMethod
from vault import sessions
from vault.accounts import Sessions
from vault.credentials import Issued, new_secret
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, narrow, platform_scope, tenant_scope
from vault.errors import NotFound, Unauthenticated
from vault.identity.fetching import ProviderFailed, is_endpoint
from vault.identity.id_tokens import TokenRefused, read_id_token, read_logout_token
from vault.identity.linking import Subject, link, member_of, subject_digest, subject_of
from vault.identity.metadata import Descriptions, Metadata
from vault.identity.methods import held_by, require_method
from vault.identity.provider_model import Provider
from vault.identity.providers import SIGN_IN, current
from vault.identity.signing_in import note_refusal
from vault.identity.token_endpoint import claims_of_userinfo, exchange
from vault.members import signed_out

METHOD: Final = SignInMethod.IDENTITY_PROVIDER
SECONDS: Final = 600
"""How long somebody may take at the provider."""

PATIENCE: Final = 3.0
"""Seconds that a provider has to say where one signs out there; the session here has ended before that."""

AGAIN: Final = "The sign-in took too long, or began in another browser. Begin again."
REFUSED: Final = "The identity provider did not let you in here. Ask your controller's administrator."


class Begun(Struct, frozen=True, kw_only=True):
    """What is kept of a sign-in that is under way: whose, by which provider, and the digest of the browser's secret."""

    slug: str
    tenant: UUID
    provider: UUID
    bound_to: str


@dataclass(frozen=True)
class Beginning:
    """Where the browser goes, and the secret that it keeps meanwhile."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Returned:
    """What the browser came back with from the provider; `secret` is its cookie."""

    state: str
    code: str = field(repr=False)
    error: str
    issuer: str | None
    secret: str = field(repr=False)


@dataclass
class Federation:
    """Where people come in by their controller's provider."""

    custody: Custody
    descriptions: Descriptions

    async def begin(self, slug: str) -> Beginning:
        """Send a browser to the provider of a controller.

        Raises:
            NotFound: no such controller, or one without a provider.
            RefusedByPolicy: its people do not sign in so.
            ProviderFailed: the provider does not describe itself.
        """
        provider = await self._provider_of(slug)
        described = await self.descriptions.metadata(provider.issuer)
        secret, state = new_secret(), new_secret()
        begun = Begun(slug=slug, tenant=provider.tenant, provider=provider.id, bound_to=_digest(secret))
        async with self.custody.volatile.asked() as valkey:
            await valkey.set(_key(state), msgspec.json.encode(begun), ex=SECONDS)
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri(self.custody, slug),
            "scope": " ".join(provider.settings.scopes),
            "state": state,
            "nonce": _derived(secret, state, "nonce"),
            "code_challenge": _challenge(_derived(secret, state, "verifier")),
            "code_challenge_method": "S256",
        }
        at = described.authorization_endpoint
        return Beginning(f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}", secret)

    async def finish(self, slug: str, returned: Returned, *, bound_to: str = "", program: str = "") -> Issued:
        """Open a session for whom the provider vouched.

        Args:
            slug: at whose address the browser came back.

        Raises:
            Unauthenticated: it did not, or for nobody who was let in here.
            RefusedByPolicy: the controller's people do not sign in so.
            ProviderFailed: the provider does not answer.
        """
        begun = await self._begun(slug, returned)
        async with tenant_scope(begun.tenant):
            provider = await current(begun.tenant)
        if provider is None or provider.id != begun.provider:
            raise Unauthenticated(AGAIN)
        try:
            subject = await self._vouched(provider, slug, returned)
        except TokenRefused as refused:
            await self._refuse(provider, f"token-{refused.slug}")
            raise Unauthenticated(REFUSED) from refused
        return await self._let_in(provider, subject, bound_to, program)

    async def logged_out(self, slug: str, token: str) -> None:
        """End all sessions of whom the provider says that they are out (Back-Channel Logout 1.0).

        Raises:
            NotFound: no such controller, or one without a provider.
            Unauthenticated: it is not the provider's word.
        """
        provider, now = await self._provider_of(slug), self.custody.clock.now()
        described = await self.descriptions.metadata(provider.issuer)

        def read(keys: Any) -> str:
            return read_logout_token(token, keys, issuer=provider.issuer, client_id=provider.client_id, now=now)

        try:
            sub = await self._by_keys(described, read)
        except TokenRefused as refused:
            raise Unauthenticated("This is not the identity provider's word.") from refused
        digest = await asyncio.to_thread(subject_digest, self.custody, provider, sub)
        async with tenant_scope(provider.tenant):
            member = await member_of(provider.tenant, digest)
            if member is None:
                return
            await signed_out(member, now=now)
            event = audit.Event(act="sessions.ended", actor=member, object_id=member)
            await audit.record(provider.tenant, event, now=now)
        await sessions.forget_all(self.custody, provider.tenant, member)

    async def way_out(self, tenant: UUID) -> str | None:
        """Where whoever came by a controller's provider signs out there too (RP-Initiated Logout 1.0 §2).

        The vault keeps no ID token to show, so that the provider asks first; and it is told no address to lead back to,
        since it would refuse one that is not registered.

        Returns:
            None where the provider has none, is no more, or does not answer.
        """
        async with tenant_scope(tenant):
            provider = await current(tenant)
        if provider is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                at = (await self.descriptions.metadata(provider.issuer)).end_session_endpoint
        except (ProviderFailed, TimeoutError):
            return None
        # It becomes a link: an address of another kind would be a script's.
        if at is None or not is_endpoint(at):
            return None
        return f"{at}{'&' if '?' in at else '?'}{urlencode({'client_id': provider.client_id})}"

    async def _provider_of(self, slug: str) -> Provider:
        now = self.custody.clock.now()
        async with platform_scope():
            rows = await DB.fetch("SELECT id FROM controller WHERE slug = $1 ORDER BY onboarded_at DESC LIMIT 1", slug)
            if not rows:
                raise NotFound
            await narrow(rows[0]["id"])
            provider = await current(rows[0]["id"])
            held = await held_by(rows[0]["id"], now=now)
        if provider is None or held is None:
            raise NotFound
        require_method(METHOD, held, frozenset())
        return provider

    async def _begun(self, slug: str, returned: Returned) -> Begun:
        async with self.custody.volatile.asked() as valkey:
            kept = await valkey.getdel(_key(returned.state)) if returned.state else None
        if kept is None:
            raise Unauthenticated(AGAIN)
        begun = msgspec.json.decode(kept, type=Begun)
        if begun.slug != slug or not hmac.compare_digest(begun.bound_to, _digest(returned.secret)):
            raise Unauthenticated(AGAIN)
        return begun

    async def _vouched(self, provider: Provider, slug: str, returned: Returned) -> Subject:
        described = await self.descriptions.metadata(provider.issuer)
        # RFC 9207: an answer of another provider is not taken for this one's.
        if returned.issuer != provider.issuer and (
            returned.issuer is not None or described.authorization_response_iss_parameter_supported
        ):
            raise TokenRefused("iss")
        if returned.error or not returned.code:
            raise TokenRefused("answer")
        verifier = _derived(returned.secret, returned.state, "verifier")
        at = redirect_uri(self.custody, slug)
        token = await exchange(self.custody, provider, described, returned.code, verifier, redirect_uri=at)
        now, nonce = self.custody.clock.now(), _derived(returned.secret, returned.state, "nonce")

        def read(keys: Any) -> dict[str, Any]:
            return read_id_token(
                token.id_token, keys, issuer=provider.issuer, client_id=provider.client_id, nonce=nonce, now=now
            )

        claims = await self._by_keys(described, read)
        more = await claims_of_userinfo(self.custody, described, token, str(claims["sub"]))
        return await subject_of(self.custody, provider, more | claims)

    async def _by_keys(self, described: Metadata, read: Any) -> Any:
        """What a token says, by the keys that are remembered, or by newer ones where the provider has changed them."""
        try:
            return await asyncio.to_thread(read, await self.descriptions.keys(described))
        except TokenRefused as refused:
            if refused.slug != "signature":
                raise
        return await asyncio.to_thread(read, await self.descriptions.keys(described, newer=True))

    async def _let_in(self, provider: Provider, subject: Subject, bound_to: str, program: str) -> Issued:
        now = self.custody.clock.now()
        async with tenant_scope(provider.tenant):
            held = await held_by(provider.tenant, now=now)
            linked = await link(provider, subject, now=now)
        if linked is None:
            await self._refuse(provider, "nobody-here")
            raise Unauthenticated(REFUSED)
        if linked.changed:
            await sessions.forget_all(self.custody, provider.tenant, linked.member)
        require_method(METHOD, held, linked.roles)
        return await Sessions.open(
            self.custody, provider.tenant, linked.member, method=METHOD, bound_to=bound_to, program=program
        )

    async def _refuse(self, provider: Provider, reason: str) -> None:
        await note_refusal(self.custody, provider.tenant, None, method=METHOD, reason=reason)


def redirect_uri(custody: Custody, slug: str) -> str:
    """Where a controller's provider sends people back to; it is registered there, and no other's."""
    return f"{custody.origin}{SIGN_IN}/{slug}/callback"


def _derived(secret: str, state: str, what: str) -> str:
    made = hmac.new(secret.encode(), f"{what}\n{state}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _challenge(verifier: str) -> str:
    """RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(state: str) -> str:
    return f"oidc:{_digest(state)}"
