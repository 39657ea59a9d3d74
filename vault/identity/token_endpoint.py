"""A code is exchanged for the provider's word; the vault proves who it is (OpenID Connect Core 1.0 §3.1.3, §9)."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

from vault.custody.custody import Custody
from vault.identity.fetching import fetch_json
from vault.identity.id_tokens import TokenRefused
from vault.identity.metadata import Metadata
from vault.identity.provider_model import Authentication, Provider
from vault.identity.providers import secret_of

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 60


@dataclass(frozen=True)
class Exchanged:
    """What the provider gave for a code."""

    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


async def exchange(
    custody: Custody, provider: Provider, described: Metadata, code: str, verifier: str, *, redirect_uri: str
) -> Exchanged:
    """Exchange a code, with the verifier of PKCE and where it was sent to.

    Raises:
        TokenRefused: the provider does not take the code.
        ProviderFailed: it does not answer, or not in the form of the standard.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    proof, headers = await asyncio.to_thread(_proof, custody, provider, described)
    status, answer = await fetch_json(
        "POST",
        described.token_endpoint,
        to_private=custody.providers_to_private,
        form=form | proof,
        headers=headers,
    )
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if status != 200 or not isinstance(id_token, str):
        raise TokenRefused("code")
    return Exchanged(id_token, access_token if isinstance(access_token, str) else None)


async def claims_of_userinfo(custody: Custody, described: Metadata, token: Exchanged, sub: str) -> dict[str, Any]:
    """What the provider says besides, where it says so apart from its ID token (§5.3).

    Raises:
        TokenRefused: it speaks of somebody else.
        ProviderFailed: it does not answer, or not in JSON.
    """
    if described.userinfo_endpoint is None or token.access_token is None:
        return {}
    headers = {"authorization": f"Bearer {token.access_token}"}
    at, to_private = described.userinfo_endpoint, custody.providers_to_private
    status, claims = await fetch_json("GET", at, to_private=to_private, headers=headers)
    if status != 200:
        return {}
    if claims.get("sub") != sub:
        raise TokenRefused("userinfo")
    return claims


def _proof(custody: Custody, provider: Provider, described: Metadata) -> tuple[dict[str, str], dict[str, str]]:
    """What of the form, and of the headers, proves that it is the vault that asks; blocks on the disk."""
    now = custody.clock.now()
    secret = secret_of(custody, provider, now=now)
    match provider.authentication:
        case Authentication.CLIENT_SECRET_BASIC:
            # RFC 6749 §2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
            return {}, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        case Authentication.CLIENT_SECRET_POST:
            return {"client_id": provider.client_id, "client_secret": secret}, {}
    key, at = ECKey.import_key(json.loads(secret)), int(now.timestamp())
    claims = {
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": described.token_endpoint,
        "jti": str(uuid4()),
        "iat": at,
        "exp": at + ASSERTION_SECONDS,
    }
    assertion = jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, claims, key, algorithms=["ES256"])
    return {
        "client_id": provider.client_id,
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
    }, {}
