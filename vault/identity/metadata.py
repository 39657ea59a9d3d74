"""What providers publish of themselves (OpenID Connect Discovery 1.0), remembered for some minutes."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from vault.custody.custody import Custody
from vault.identity.fetching import ProviderFailed, fetch_json

KEPT_SECONDS: Final = 600.0
KEYS_AGAIN_SECONDS: Final = 30.0
"""So soon at most keys are read again for the sake of a token that none of them signed."""

MOST_PROVIDERS: Final = 1000


class Metadata(Struct, frozen=True, kw_only=True):
    """What of a provider's description the vault uses; the rest is not read."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    code_challenge_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


@dataclass
class Descriptions:
    """The descriptions and keys of providers, remembered by this process."""

    custody: Custody
    _described: dict[str, tuple[float, Metadata]] = field(default_factory=dict, repr=False)
    _keys: dict[str, tuple[float, KeySet]] = field(default_factory=dict, repr=False)

    async def metadata(self, issuer: str) -> Metadata:
        """How a provider describes itself.

        Raises:
            ProviderFailed: it does not, or calls itself another.
        """
        read_at, found = self._described.get(issuer, (0.0, None))
        if found is None or time.monotonic() - read_at > KEPT_SECONDS:
            found = await self._describe(issuer)
            _remember(self._described, issuer, found)
        return found

    async def keys(self, described: Metadata, *, newer: bool = False) -> KeySet:
        """The keys by which a provider signs.

        Args:
            newer: whether those that are remembered did not do; they are read again, not too often.

        Raises:
            ProviderFailed: they cannot be read.
        """
        read_at, found = self._keys.get(described.jwks_uri, (0.0, None))
        age = time.monotonic() - read_at
        if found is None or age > (KEYS_AGAIN_SECONDS if newer else KEPT_SECONDS):
            found = _keys_of(await self._read(described.jwks_uri))
            _remember(self._keys, described.jwks_uri, found)
        return found

    async def _describe(self, issuer: str) -> Metadata:
        answer = await self._read(issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            described = msgspec.convert(answer, Metadata)
        except msgspec.ValidationError:
            raise ProviderFailed("description") from None
        # Discovery §4.3: it is of this issuer alone, else one provider could speak for another.
        if described.issuer != issuer:
            raise ProviderFailed("issuer")
        return described

    async def _read(self, url: str) -> dict[str, Any]:
        status, answer = await fetch_json("GET", url, to_private=self.custody.providers_to_private)
        if status != 200:
            raise ProviderFailed("answer")
        return answer


def _keys_of(answer: dict[str, Any]) -> KeySet:
    """The keys that sign and that the library knows; of others the provider may have some, too."""
    known = []
    for key in answer.get("keys", []):
        try:
            known += KeySet.import_key_set({"keys": [key]}).keys
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not known:
        raise ProviderFailed("keys")
    return KeySet(known)


def _remember(remembered: dict[str, Any], key: str, value: Any) -> None:
    if len(remembered) >= MOST_PROVIDERS:
        remembered.clear()
    remembered[key] = (time.monotonic(), value)
