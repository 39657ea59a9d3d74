"""Which server takes the vault's e-mail is one line; nothing leaves this machine in clear.

smtp://[USER:PASSWORD@]HOST[:587]       STARTTLS, which the server has to offer
smtps://[USER:PASSWORD@]HOST[:465]      TLS from the first byte
smtp+plain://localhost[:25]             a relay on this very machine
"""

import ipaddress
from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit


class Security(StrEnum):
    """How the connection is kept from others."""

    STARTTLS = "smtp"
    TLS = "smtps"
    LOOPBACK = "smtp+plain"


_PORTS: Final = MappingProxyType({Security.STARTTLS: 587, Security.TLS: 465, Security.LOOPBACK: 25})


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Who takes the vault's e-mail, and in whose name it is sent. The password does not show when printed."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def domain(self) -> str:
        """The sender's domain."""
        return self.sender.rpartition("@")[2]


def read_mail_server(line: str, *, sender: str | None) -> MailServer:
    """Read the line.

    Args:
        line: as this module says.
        sender: the address that the vault's e-mail comes from.

    Raises:
        ValueError: what is wrong with it, as the end of a sentence that begins with the setting's name. It quotes
            nothing, since the line may hold a password.
    """
    try:
        url = urlsplit(line)
        security, port = Security(url.scheme), url.port
    except ValueError:
        raise ValueError("is none of smtp://HOST, smtps://HOST and smtp+plain://localhost") from None
    if not url.hostname or url.path.strip("/") or url.query or url.fragment:
        raise ValueError("names no server, or more than a server")
    if security is Security.LOOPBACK and not _is_this_machine(url.hostname):
        raise ValueError("would send in clear to another machine; write smtp:// or smtps://")
    return MailServer(
        host=url.hostname,
        port=port or _PORTS[security],
        security=security,
        sender=_sender(sender),
        user=_decoded(url, "username"),
        password=_decoded(url, "password"),
    )


def _sender(address: str | None) -> str:
    name, plain = parseaddr(address or "")
    if name or plain != address or plain.count("@") != 1 or not plain.isascii() or any(map(str.isspace, plain)):
        raise ValueError("needs VAULT_MAIL_FROM beside it, an address such as vault@firm.example")
    return plain


def _decoded(url: SplitResult, part: str) -> str | None:
    text = getattr(url, part)
    return unquote(text) if text else None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
