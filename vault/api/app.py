"""The vault over HTTP: one application, put together from its routes and nothing else."""

import importlib.metadata
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import ScalarRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from msgspec import Struct

from vault.accounts import Caller, Sessions
from vault.api import accesses, accounts, audit, certificates, contracts, controllers, recordings, uploads
from vault.api.authentication import Authentication
from vault.api.problems import plugin, unexpected_problem
from vault.api.request_log import RequestLog
from vault.custody.custody import Custody
from vault.custody.database import DB, platform_scope

VERSION = importlib.metadata.version("recording-vault")

ROUTERS: tuple[Router, ...] = (
    accounts.router,
    controllers.router,
    contracts.router,
    uploads.router,
    recordings.router,
    accesses.router,
    certificates.router,
    audit.router,
)


class Health(Struct, frozen=True, kw_only=True):
    """Whether the parts that the API stands on answer."""

    status: str
    version: str


def create_app(
    custody: Callable[[], AbstractAsyncContextManager[Custody]], *, secure_cookies: bool = False
) -> Litestar:
    """Put the application together; its parts are opened when it starts and closed when it stops.

    Args:
        custody: opens the parts that keep recordings.
        secure_cookies: whether the session cookie is bound to TLS; off only where there is none, on loopback.
    """

    @asynccontextmanager
    async def parts(app: Litestar) -> AsyncIterator[None]:
        async with custody() as opened:
            app.state.custody = opened
            app.state.sessions = Sessions(opened)
            yield

    app = Litestar(
        route_handlers=[health, *ROUTERS],
        lifespan=[parts],
        middleware=[Authentication],
        dependencies={
            "custody": Provide(_custody, sync_to_thread=False),
            "sessions": Provide(_sessions, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
            "secure": Provide(lambda: secure_cookies, sync_to_thread=False),
        },
        plugins=[plugin()],
        exception_handlers={Exception: unexpected_problem},
        openapi_config=_openapi(),
        logging_config=None,
        request_max_body_size=1_000_000,
    )
    # Outside of every middleware and of the router, so that refused and unknown routes are logged and numbered too.
    app.asgi_handler = RequestLog(app.asgi_handler)
    return app


@get("/v1/health", operation_id="health", tags=["health"], exclude_from_auth=True)
async def health() -> Health:
    """Whether the API and its database answer."""
    async with platform_scope():
        await DB.fetch("SELECT 1")
    return Health(status="ok", version=VERSION)


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Recording vault",
        version=VERSION,
        description="The policy that runs is the notice that was published. Errors are problem+json (RFC 9457).",
        path="/schema",
        render_plugins=[ScalarRenderPlugin()],
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
    )


def _custody(state: State) -> Custody:
    opened: Custody = state.custody
    return opened


def _sessions(state: State) -> Sessions:
    opened: Sessions = state.sessions
    return opened


def _caller(request: Request[Caller, Any, Any]) -> Caller:
    return request.user
