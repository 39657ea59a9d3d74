"""A webhook is posted to where it was registered and nowhere else: no redirect, no proxy, no address inside.

Signed by Standard Webhooks: `webhook-id` stays the same however often a message is sent, `webhook-timestamp` is the
moment of the attempt, and while a secret is being replaced both sign.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
from standardwebhooks import Webhook as Signer

MOST_URL = 2048
ANSWER_WITHIN: Final = 20.0
"""Seconds that a receiver has in all."""

LONGEST_WAIT: Final = timedelta(days=1)
"""A receiver that asks for more patience than this is asked again after this."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that the internet routes of version 6; beside it lie wrapped addresses that Python calls global."""


class Unreachable(Exception):
    """Nothing was answered; `slug` says why."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"The webhook did not answer: {slug}.")
        self.slug = slug


@dataclass(frozen=True)
class Answer:
    """What a receiver answered, and how long it asks to be left alone."""

    status: int
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        """Whether the message arrived."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Signed:
    """A message as it is posted: its id, its body, and the secrets that sign it."""

    id: str
    body: str
    secrets: Sequence[str] = field(repr=False)

    def headers(self, now: datetime) -> dict[str, str]:
        """The headers of Standard Webhooks for an attempt at this moment."""
        return {
            "content-type": "application/json",
            "user-agent": "recording-vault",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Signer(secret).sign(self.id, now, self.body) for secret in self.secrets),
        }


def problem_of(url: str, *, to_private: bool) -> str | None:
    """What is wrong with a webhook's address, as a sentence; None where nothing is.

    Whether a name leads inside is asked again at each attempt, since that may change.
    """
    try:
        parsed = httpx.URL(url)
        literal = _literal(parsed.host)
    except (httpx.InvalidURL, UnicodeError):
        return "This is no URL."
    if len(url) > MOST_URL or not url.isascii() or parsed.scheme != "https" or not parsed.host:
        return f"A webhook's URL begins with https:// and has at most {MOST_URL} characters of ASCII."
    if parsed.userinfo or parsed.fragment or not 0 < (parsed.port or 443) < 65536:
        return "A webhook's URL has no user, no password, no fragment, and a port if any below 65536."
    if literal is not None and not to_private and not is_public(literal):
        return "A webhook's URL leads to a public address."
    return None


def is_public(address: IPAddress) -> bool:
    """Whether the internet routes an address, also where one of version 4 is wrapped in it."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


async def post(url: str, signed: Signed, *, now: datetime, trust: ssl.SSLContext, to_private: bool) -> Answer:
    """Post a message once.

    Raises:
        Unreachable: nobody answered, or nobody that may be asked.
    """
    target = httpx.URL(url)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            address = await resolved(target, to_private)
            return await _post(target, address, signed, now, trust)
    except TimeoutError:
        raise Unreachable("timeout") from None
    except httpx.TimeoutException:
        raise Unreachable("timeout") from None
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable("tls" if _is_tls(error) else "unreachable") from error


async def _post(target: httpx.URL, address: IPAddress, signed: Signed, now: datetime, trust: ssl.SSLContext) -> Answer:
    # The address that was checked is the one that is connected to; the name is what its certificate is checked for.
    host = target.raw_host.decode()
    headers = {"host": target.netloc.decode()} | signed.headers(now)
    async with (
        httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=ANSWER_WITHIN) as client,
        client.stream(
            "POST",
            target.copy_with(host=str(address)),
            content=signed.body.encode(),
            headers=headers,
            extensions={"sni_hostname": host},
        ) as response,
    ):
        # What it says besides is not read.
        return Answer(response.status_code, _retry_after(response.headers.get("retry-after"), now))


async def resolved(target: httpx.URL, to_private: bool) -> IPAddress:
    """The address that a name leads to now. Raises Unreachable where there is none, or one inside."""
    port = target.port or (80 if target.scheme == "http" else 443)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(target.raw_host.decode(), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("no-address") from None
    addresses = [ipaddress.ip_address(each[4][0]) for each in found]
    if not to_private and not all(map(is_public, addresses)):
        raise Unreachable("private-address")
    return addresses[0]


def _retry_after(header: str | None, now: datetime) -> timedelta | None:
    """RFC 9110 §10.2.3: seconds, or a date."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        # A number of thousands of digits is not even read by Python.
        return LONGEST_WAIT if len(header.lstrip("0")) > 6 else min(timedelta(seconds=int(header[-6:])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_WAIT)


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
