"""A provider is asked where it was set and nowhere else: no redirect, no proxy, no address inside, little to read."""

import asyncio
import functools
import ipaddress
import ssl
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from vault.errors import Unavailable
from vault.telling.posting import IPAddress, Unreachable, resolved

ANSWER_WITHIN: Final = 10.0
"""Seconds that a provider has for one answer."""

MOST_BYTES: Final = 512 * 1024


class ProviderFailed(Unavailable):
    """The provider did not answer, or not in the form of the standard; `why` says which, in a slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"The identity provider cannot be asked: {slug}.")
        self.why = slug


def is_issuer(url: str) -> bool:
    """Whether a provider may stand at this address: https, or http on this machine alone; nothing behind the path."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return False
    plain = not (parsed.userinfo or parsed.query or parsed.fragment or not parsed.host or not url.isascii())
    return plain and 0 < (parsed.port or 443) < 65536 and (parsed.scheme == "https" or _is_loopback(parsed))


async def fetch_json(
    method: str,
    url: str,
    *,
    to_private: bool,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Ask once; the status and the JSON object that was answered.

    Args:
        to_private: whether the address may be one that the internet does not route.

    Raises:
        ProviderFailed: nobody answered, nobody that may be asked, or no JSON object.
    """
    if not is_endpoint(url):
        raise ProviderFailed("address")
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            status, body = await _ask(method, httpx.URL(url), to_private, form, headers or {})
        answer = msgspec.json.decode(body, type=dict[str, Any])
    except (TimeoutError, httpx.TimeoutException):
        raise ProviderFailed("timeout") from None
    except Unreachable as error:
        raise ProviderFailed(error.slug) from None
    except (httpx.HTTPError, OSError) as error:
        raise ProviderFailed("unreachable") from error
    except (msgspec.DecodeError, UnicodeError):
        raise ProviderFailed("answer") from None
    return status, answer


def is_endpoint(url: str) -> bool:
    """Whether an address that the provider names may be asked: as `is_issuer`, and there may be a query."""
    return is_issuer(url.partition("?")[0])


async def _ask(
    method: str, target: httpx.URL, to_private: bool, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    address = await resolved(target, to_private)
    if target.scheme != "https" and not address.is_loopback:
        raise ProviderFailed("address")
    # The address that was checked is the one that is connected to; the name is what its certificate is checked for.
    sent = {"host": target.netloc.decode(), "user-agent": "recording-vault", "accept": "application/json", **headers}
    trust = await asyncio.to_thread(_trust)
    async with (
        httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=ANSWER_WITHIN) as client,
        client.stream(
            method,
            target.copy_with(host=str(address)),
            data=dict(form) if form is not None else None,
            headers=sent,
            extensions={"sni_hostname": target.raw_host.decode()},
        ) as response,
    ):
        return response.status_code, await _little_of(response)


async def _little_of(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise ProviderFailed("answer")
    return body


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed; reading them takes the disk's time, once."""
    return httpx.create_ssl_context()


def _is_loopback(url: httpx.URL) -> bool:
    if url.scheme != "http":
        return False
    try:
        address: IPAddress = ipaddress.ip_address(url.host)
    except ValueError:
        return url.host == "localhost"
    return address.is_loopback
