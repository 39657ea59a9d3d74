"""A provider's word is believed whole: signed by its key, for this vault and this sign-in, now; nothing less is."""

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from vault.identity.fetching import is_endpoint, is_issuer
from vault.identity.id_tokens import LOGOUT_EVENT, TokenRefused, read_id_token, read_logout_token

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
KEYS = KeySet([RSA, EC])
SOUND: dict[str, Any] = {
    "iss": "https://provider.example",
    "aud": "vault",
    "sub": "someone",
    "nonce": "a nonce",
    "iat": AT,
    "exp": AT + 600,
}
LOGOUT: dict[str, Any] = {
    "iss": "https://provider.example",
    "aud": "vault",
    "sub": "someone",
    "iat": AT,
    "exp": AT + 120,
    "jti": "1",
    "events": {LOGOUT_EVENT: {}},
}


def signed(claims: dict[str, Any], *, key: Any = RSA, alg: str = "RS256", kid: str = "rsa") -> str:
    return jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[alg])


def read(token: str) -> dict[str, Any]:
    return read_id_token(token, KEYS, issuer="https://provider.example", client_id="vault", nonce="a nonce", now=NOW)


def logged_out(token: str) -> str:
    return read_logout_token(token, KEYS, issuer="https://provider.example", client_id="vault", now=NOW)


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in claims.items() if each != name}


def test_a_sound_token_is_read_whichever_key_signed_it() -> None:
    assert read(signed(SOUND))["sub"] == "someone"
    assert read(signed(SOUND, key=EC, alg="ES256", kid="ec"))["sub"] == "someone"
    assert read(signed(SOUND | {"aud": ["vault"], "azp": "vault"}))["sub"] == "someone"
    assert read(signed(SOUND | {"aud": ["vault", "other"], "azp": "vault"}))["sub"] == "someone"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://other.example"}, "iss"),
        ({"iss": "https://provider.example/"}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": ["vault", "other"]}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"exp": AT - 61}, "exp"),
        ({"iat": AT + 61}, "iat"),
        ({"nbf": AT + 61}, "nbf"),
        ({"sub": 7}, "sub"),
        ({"sub": ""}, "sub"),
    ],
)
def test_a_claim_that_is_wrong_is_named(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        read(signed(SOUND | changes))
    assert refused.value.slug == why


@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_claim_that_is_missing_is_not_forgiven(name: str) -> None:
    with pytest.raises(TokenRefused):
        read(signed(without(SOUND, name)))


def test_a_token_without_a_signature_or_by_another_key_is_nobodys_word() -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(SOUND).encode()).rstrip(b"=").decode()
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    # A public key taken for a shared secret: whoever knows it could sign. The library makes no such token itself.
    hs256 = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "rsa"}).encode()).rstrip(b"=").decode()
    mac = hmac.digest(RSA.as_pem(private=False), f"{hs256}.{body}".encode(), "sha256")
    shared = base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    for token in (
        f"{header}.{body}.",
        signed(SOUND, key=other),
        f"{hs256}.{body}.{shared}",
        signed(SOUND, kid="unknown"),
        signed(SOUND)[:-4] + "AAAA",
        "a" * 100_000,
    ):
        with pytest.raises(TokenRefused):
            read(token)


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_what_is_no_token_is_refused_and_nothing_else(token: str) -> None:
    with pytest.raises(TokenRefused):
        read(token)


@given(
    st.dictionaries(
        st.sampled_from([*SOUND, "azp", "nbf"]), st.none() | st.integers() | st.text() | st.lists(st.text())
    )
)
def test_whatever_the_claims_are_they_are_read_or_refused(claims: dict[str, Any]) -> None:
    try:
        told = read(signed(SOUND | claims, key=EC, alg="ES256", kid="ec"))
    except TokenRefused:
        return
    assert {name: told[name] for name in ("iss", "sub", "nonce")}.items() >= {
        "iss": "https://provider.example",
        "nonce": "a nonce",
    }.items()


def test_a_logout_token_names_whose_sessions_end() -> None:
    assert logged_out(signed(LOGOUT)) == "someone"


@pytest.mark.parametrize(
    "claims",
    [
        LOGOUT | {"nonce": "a nonce"},
        LOGOUT | {"events": {}},
        LOGOUT | {"events": {LOGOUT_EVENT: "yes"}},
        LOGOUT | {"events": [LOGOUT_EVENT]},
        LOGOUT | {"iat": AT - 121},
        LOGOUT | {"aud": "other"},
        without(LOGOUT, "sub"),
        without(LOGOUT, "jti"),
        SOUND,
    ],
)
def test_another_token_is_no_logout_token(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        logged_out(signed(claims))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://provider.example", True),
        ("https://provider.example:8443/realms/demo", True),
        ("http://127.0.0.1:3000", True),
        ("http://localhost:3000", True),
        ("http://[::1]:3000", True),
        ("http://provider.example", False),
        ("http://127.0.0.1.example", False),
        ("http://10.0.0.1", False),
        ("https://", False),
        ("https://a:99999", False),
        ("https://provider.example/ä", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_provider_stands_behind_tls_or_on_this_machine(url: str, *, expected: bool) -> None:
    assert is_issuer(url) is expected
    assert is_endpoint(f"{url}?a=b") is expected
