"""The server that the application stands behind: which waits for nobody without end, and tells whose certificate came.

uvicorn waits for the head of a request as long as it takes, and does not hand over what TLS knows of the client; both
are added here, the second as ASGI's TLS extension words it (`client_cert_name`).
"""

import asyncio
import ssl
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vault.web_settings import WebSettings

STOP_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Tls:
    """The vault's own certificate and key; with `client_ca`, clients may come with a certificate of that authority."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, with a deadline for the head of each request and the subject of the client's certificate."""

    def __init__(self, *args: Any, header_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.header_seconds = header_seconds
        self.header_deadline: asyncio.TimerHandle | None = None
        self.certificate_subject: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # asyncio calls it with any transport
        super().connection_made(transport)
        self.certificate_subject = _subject(transport.get_extra_info("ssl_object"))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.header_deadline is None:
            self._expect_head()
        if self.certificate_subject is not None:
            self.scope["extensions"] = {"tls": {"client_cert_name": self.certificate_subject}}

    def on_headers_complete(self) -> None:
        self._head_is_here()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self.header_deadline = self.loop.call_later(self.header_seconds, self.transport.close)

    def _head_is_here(self) -> None:
        if self.header_deadline is not None:
            self.header_deadline.cancel()
            self.header_deadline = None


def served(app: ASGIApp, web: WebSettings, *, host: str, port: int, tls: Tls | None = None) -> uvicorn.Config:
    """How `vault serve` serves the application.

    Raises:
        OSError: a file of the certificate's cannot be read.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=partial(Protocol, header_seconds=web.header_seconds),  # type: ignore[arg-type] # uvicorn wants a class, and a partial makes one
        log_config=None,
        access_log=False,
        server_header=False,
        # Whose address a proxy may name is said by a setting; uvicorn would believe everybody on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_ca_certs=str(tls.client_ca) if tls and tls.client_ca else None,
        # Who needs none, such as a person, comes without; whose token is bound to one is refused without it.
        ssl_cert_reqs=ssl.CERT_OPTIONAL if tls and tls.client_ca else ssl.CERT_NONE,
    )


def _subject(connection: ssl.SSLObject | None) -> str | None:
    """The subject of the client's certificate, which TLS has verified; None where none came."""
    certificate = connection.getpeercert(binary_form=True) if connection else None
    return x509.load_der_x509_certificate(certificate).subject.rfc4514_string() if certificate else None
