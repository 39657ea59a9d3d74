"""How the vault meets the network: who may name the client's address, which hosts it answers for, how often, how long.

Limits are `NAME=COUNT/SECONDS`, separated by commas, such as `sign_in=30/60,search=600/60`, or `off` for none at all.
What is not named keeps its default. So many requests may come at once, and then so many in each period.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Limited(StrEnum):
    """What is counted, and of whom.

    ADDRESS, PERSON and TOKEN are all requests of one of those; INGEST those that a token delivers recordings by.
    REFUSED is what an address sends with a credential that is none. The others are single acts: of an address where
    nobody is known yet, else of a person.
    """

    ADDRESS = "address"
    PERSON = "person"
    TOKEN = "token"  # noqa: S105 - a name
    INGEST = "ingest"
    REFUSED = "refused"
    SIGN_IN = "sign_in"
    REDEEM = "redeem"
    SEARCH = "search"
    EXPORT = "export"


@dataclass(frozen=True)
class Rate:
    """So many in so many seconds, all at once or spread."""

    count: int
    seconds: int


Limits = Mapping[Limited, Rate]

DEFAULT_LIMITS: Final[Limits] = MappingProxyType(
    {
        Limited.ADDRESS: Rate(12_000, 60),
        Limited.PERSON: Rate(3_000, 60),
        Limited.TOKEN: Rate(6_000, 60),
        Limited.INGEST: Rate(120_000, 60),
        Limited.REFUSED: Rate(300, 60),
        # A contact centre begins its shift behind one address.
        Limited.SIGN_IN: Rate(120, 60),
        Limited.REDEEM: Rate(60, 60),
        Limited.SEARCH: Rate(240, 60),
        Limited.EXPORT: Rate(30, 60),
    }
)

HANDLER_SECONDS: Final = 120.0
BODY_SECONDS: Final = 60.0
HEADER_SECONDS: Final = 20.0
LIMIT_SECONDS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """What `VAULT_*` variables say of the network.

    `trusted_proxies` are the balancers whose `X-Forwarded-For` is believed, and nobody else's. They may also name the
    subject of the client's certificate, in the header `certificate_header`; from anybody else it is thrown away.
    `hosts` are the names that the vault answers for; any, where there are none.
    """

    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    certificate_header: str | None = None
    limits: Limits = field(default_factory=lambda: dict(DEFAULT_LIMITS))  # a copy can be sent to another process
    secure: bool = False
    handler_seconds: float = HANDLER_SECONDS
    """How long an answer may take to begin; uploads take as long as they move."""

    body_seconds: float = BODY_SECONDS
    """How long is waited for the next bytes of a body."""

    limit_seconds: float = LIMIT_SECONDS
    """How long Valkey is waited for to say whether a limit is reached; then nothing is limited for a while."""

    header_seconds: float = HEADER_SECONDS
    """How long is waited for the whole head of a request, from the first connection on."""

    def trusts(self, address: str) -> bool:
        """Whether a balancer of ours has this address."""
        try:
            peer = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self.trusted_proxies)


def read_web(env: Mapping[str, str]) -> WebSettings:
    """Read `VAULT_HOSTS`, `VAULT_TRUSTED_PROXIES`, `VAULT_CLIENT_CERTIFICATE_HEADER`, `VAULT_LIMITS` and the rest.

    Raises:
        ValueError: which of them cannot be understood, as a sentence.
    """
    return WebSettings(
        hosts=tuple(host.lower() for host in _items(env.get("VAULT_HOSTS", ""))),
        trusted_proxies=tuple(_network(text) for text in _items(env.get("VAULT_TRUSTED_PROXIES", ""))),
        certificate_header=env.get("VAULT_CLIENT_CERTIFICATE_HEADER", "").strip().lower() or None,
        limits=_limits(env.get("VAULT_LIMITS", "")),
        secure=env.get("VAULT_SECURE_COOKIES", "") == "1",
    )


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("VAULT_TRUSTED_PROXIES is not addresses and networks, such as 10.0.0.0/24.") from None


def _limits(text: str) -> Limits:
    if text.strip() == "off":
        return {}
    named = {}
    for item in _items(text):
        name, _, rate = item.partition("=")
        count, _, seconds = rate.partition("/")
        try:
            named[Limited(name)] = Rate(_positive(count), _positive(seconds))
        except ValueError:
            names = ", ".join(Limited)
            raise ValueError(f"VAULT_LIMITS is neither off nor NAME=COUNT/SECONDS of {names}.") from None
    return dict(DEFAULT_LIMITS) | named


def _positive(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or not int(text):
        raise ValueError(text)
    return int(text)
