"""What holds for every request and answer, whatever the route: whom they are for, whence they come, what they carry."""

import json
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from vault.api.problems import TYPES
from vault.api.same_site import is_another_site
from vault.errors import Invalid, Malformed, Misdirected, NotAllowed, VaultError
from vault.identity.subjects import canonical
from vault.web_settings import WebSettings

CERTIFICATE: Final = "client_certificate"
"""Under which word of a request's state the subject of its client certificate stands."""

_YEAR_SECONDS: Final = 31_536_000

HEADERS: Final = MappingProxyType(
    {
        b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        # Almost everything that the vault says is personal, or for one caller; what is not says so itself.
        b"cache-control": b"no-store",
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
        b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
        b"referrer-policy": b"no-referrer",
        b"x-content-type-options": b"nosniff",
        b"x-frame-options": b"DENY",
    }
)
"""What every answer says of itself, unless its route says otherwise."""


class Hardening:
    """Stands around the whole application, so that refused and unknown routes pass through it too."""

    def __init__(self, app: ASGIApp, web: WebSettings) -> None:
        self.web = web
        self.headers = dict(HEADERS)
        if web.secure:
            self.headers[b"strict-transport-security"] = b"max-age=%d" % _YEAR_SECONDS
        networks = [str(network) for network in web.trusted_proxies]
        self.app: ASGIApp = ProxyHeadersMiddleware(app, networks) if networks else app  # type: ignore[arg-type,assignment] # uvicorn has types of its own for ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it where it is for another host or comes from another site."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with(message["headers"], self.headers)
            await send(message)

        try:
            self._require_host(scope)
            _require_same_site(scope)
            self._name_certificate(scope)
        except VaultError as error:
            await _refuse(error, harden)
            return
        await self.app(scope, receive, harden)

    def _require_host(self, scope: Scope) -> None:
        if self.web.hosts and _host(scope) not in self.web.hosts:
            raise Misdirected("This is not the host that the request is for.")

    def _name_certificate(self, scope: Scope) -> None:
        """Note the client certificate's subject: TLS's own, else what a trusted balancer says of it."""
        subject = scope.get("extensions", {}).get("tls", {}).get("client_cert_name")  # type: ignore[union-attr] # an extension may be None by its type
        header = (self.web.certificate_header or "").encode()
        said = [value for name, value in scope["headers"] if header and name == header]
        scope["headers"] = [pair for pair in scope["headers"] if not header or pair[0] != header]
        client = scope.get("client")
        if said and client and self.web.trusts(client[0]):
            subject = _read_subject(said)
        scope.setdefault("state", {})[CERTIFICATE] = subject


def _read_subject(said: list[bytes]) -> str | None:
    """Nobody, where the balancer saw no certificate or names more than one."""
    text = said[0].decode("latin1").strip()
    if len(said) != 1 or not text:
        return None
    try:
        return canonical(text)
    except Invalid:
        raise Malformed("The balancer names no certificate's subject that could be read.") from None


def _require_same_site(scope: Scope) -> None:
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    if is_another_site(
        str(scope.get("method")),
        site=headers.get(b"sec-fetch-site"),
        origin=headers.get(b"origin"),
        host=headers.get(b"host", ""),
    ):
        raise NotAllowed("A change may not be asked for from another site.")


def _host(scope: Scope) -> str:
    """The host without its port."""
    said = next((value.decode("latin1") for name, value in scope["headers"] if name == b"host"), "").lower()
    host, _, port = said.rpartition(":")
    return host if port.isdecimal() and host else said


def _with(headers: Iterable[tuple[bytes, bytes]], ours: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    theirs = [(name, value) for name, value in headers if name.lower() != b"server"]
    said = {name.lower() for name, _ in theirs}
    return theirs + [(name, value) for name, value in ours.items() if name not in said]


async def _refuse(error: VaultError, send: Send) -> None:
    problem = {"status": error.status, "type": TYPES + error.slug, "title": error.title, "detail": error.detail}
    body = json.dumps(problem).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
