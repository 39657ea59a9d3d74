"""A provider's word for who somebody is, believed only whole: signed by its key, for this vault, for this sign-in, now.

OpenID Connect Core 1.0 §3.1.3.7 for ID tokens, Back-Channel Logout 1.0 §2.6 for logout tokens.
"""

import hmac
from datetime import datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Signatures by a key pair; none at all, or one by a shared secret, is no word of the provider's."""

LEEWAY_SECONDS: Final = 60
MOST_CHARACTERS: Final = 64 * 1024
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


class TokenRefused(Exception):
    """It is not the provider's word for this; `slug` says what is wrong with it."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"The token is refused: {slug}.")
        self.slug = slug


def read_id_token(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims of an ID token.

    Raises:
        TokenRefused: `signature` where none of the keys made it, else the claim that is wrong.
    """
    claims = _signed(token, keys, issuer=issuer, client_id=client_id, now=now, essential=("sub", "exp", "iat", "nonce"))
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise TokenRefused("nonce")
    _check_party(claims, client_id)
    return claims


def read_logout_token(token: str, keys: KeySet, *, issuer: str, client_id: str, now: datetime) -> str:
    """Whose sessions a logout token ends: the subject.

    Raises:
        TokenRefused: as `read_id_token`; `sub` too where it names a session only.
    """
    claims = _signed(
        token, keys, issuer=issuer, client_id=client_id, now=now, essential=("iat", "jti", "events", "sub")
    )
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("events")
    if "nonce" in claims:
        raise TokenRefused("nonce")
    if now.timestamp() - claims["iat"] > 2 * LEEWAY_SECONDS:
        raise TokenRefused("iat")
    return str(claims["sub"])


def _signed(
    token: str, keys: KeySet, *, issuer: str, client_id: str, now: datetime, essential: tuple[str, ...]
) -> dict[str, Any]:
    if len(token) > MOST_CHARACTERS:
        raise TokenRefused("size")
    try:
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TokenRefused("signature") from error
    options: dict[str, Any] = {name: {"essential": True} for name in essential}
    options |= {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    registry = jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_SECONDS, **options)
    try:
        registry.validate(claims)
    except JoseError as error:
        raise TokenRefused(_claim_of(error)) from error
    return claims


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """§3.1.3.7, 4 and 5: of a token for several, it is said for whom it was made; and that is this vault."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several and "azp" not in claims) or claims.get("azp", client_id) != client_id:
        raise TokenRefused("azp")


def _claim_of(error: JoseError) -> str:
    if isinstance(error, ExpiredTokenError):
        return "exp"
    claim = getattr(error, "claim", None)
    return claim if claim in ("iss", "aud", "sub", "iat", "nbf", "nonce", "azp") else "claims"
