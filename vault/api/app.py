"""The vault over HTTP: one application, put together from its routes and nothing else."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from msgspec import Struct

from vault.accounts import Caller, Sessions
from vault.api import (
    accesses,
    accounts,
    arrivals,
    audit,
    audit_search,
    break_glass,
    bulk_holds,
    certificates,
    colleagues,
    contracts,
    controllers,
    directory,
    disclosure_listens,
    disclosure_papers,
    disclosure_register,
    disclosures,
    grants,
    holds,
    identity_provider,
    listens,
    log,
    log_streams,
    messages,
    notes,
    notices,
    oidc,
    orders,
    organisations,
    own,
    packages,
    policies,
    proposals,
    reconciliation,
    recordings,
    recoveries,
    retention,
    returns,
    rights_reviews,
    scim,
    sign_in,
    subjects,
    support,
    teams,
    tokens,
    traces,
    transcript_email,
    unusual,
    uploads,
    webhooks,
)
from vault.api.authentication import Authentication
from vault.api.dependencies import InCustody
from vault.api.hardening import Hardening
from vault.api.health import router as health_router
from vault.api.limits import CountRequests
from vault.api.metrics import RequestCounts
from vault.api.overseen import Overseen
from vault.api.patience import Patience
from vault.api.problems import ReadableRequest, plugin, unexpected_problem
from vault.api.refusals import note_refusal
from vault.api.request_log import RequestLog
from vault.auditing import standing
from vault.custody.custody import Custody
from vault.custody.database import DB, platform_scope
from vault.identity.limits import RequestLimits
from vault.identity.signing_in import Door
from vault.web_settings import WebSettings

DESCRIPTION = Path(__file__).with_name("openapi.json")
MOST_BYTES = 64 * 1024
"""Of a body, where the route says nothing else."""

VERSION = importlib.metadata.version("recording-vault")

ROUTERS: tuple[Router, ...] = (
    sign_in.router,
    own.router,
    accounts.router,
    colleagues.router,
    recoveries.router,
    tokens.router,
    controllers.router,
    contracts.router,
    notices.router,
    returns.router,
    proposals.router,
    orders.router,
    policies.router,
    uploads.router,
    arrivals.router,
    recordings.router,
    accesses.router,
    holds.router,
    notes.router,
    listens.router,
    bulk_holds.router,
    retention.router,
    traces.router,
    certificates.router,
    audit.router,
    log.router,
    audit_search.router,
    reconciliation.router,
    messages.router,
    webhooks.router,
    log_streams.router,
    transcript_email.router,
    organisations.router,
    disclosures.router,
    grants.router,
    break_glass.router,
    support.router,
    rights_reviews.router,
    unusual.router,
    disclosure_listens.router,
    disclosure_papers.router,
    disclosure_register.router,
    packages.router,
    subjects.router,
    directory.router,
    identity_provider.router,
    oidc.router,
    scim.router,
    teams.router,
    health_router,
)


class Health(Struct, frozen=True, kw_only=True):
    """Whether the parts that the API stands on answer; `email` tells whether a mail server is configured."""

    status: str
    version: str
    email: str


OpenCustody = Callable[[], AbstractAsyncContextManager[Custody]]


def create_api(
    custody: OpenCustody,
    *,
    web: WebSettings | None = None,
    described: OpenAPIConfig | None = None,
    pages: Sequence[Router] = (),
) -> Litestar:
    """Put the application together; its parts are opened when it starts and closed when it stops.

    Args:
        custody: opens the parts that keep recordings.
        described: how the routes are to be described; only who writes `openapi.json` needs it.
        pages: what is there for people beside it.
        web: how it meets the network; as nothing but the defaults say, where it is left out.
    """
    web = web or WebSettings()

    @asynccontextmanager
    async def parts(app: Litestar) -> AsyncIterator[None]:
        async with custody() as opened:
            app.state.custody = opened
            await standing.begin(opened)
            app.state.sessions = Sessions(opened)
            app.state.door = Door(opened)
            app.state.limits = RequestLimits(opened, web.limits, web.limit_seconds)
            yield
            await app.state.sessions.last_uses.written()

    app = Litestar(
        request_class=ReadableRequest,
        route_handlers=[health, read_openapi, *ROUTERS, *pages],
        lifespan=[parts],
        middleware=[Patience(web), Authentication, Overseen(), CountRequests()],
        dependencies={
            "custody": Provide(_custody, sync_to_thread=False),
            "sessions": Provide(_sessions, sync_to_thread=False),
            "door": Provide(_door, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
            "secure": Provide(lambda: web.secure, sync_to_thread=False),
        },
        plugins=[plugin()],
        exception_handlers={Exception: unexpected_problem},
        after_exception=[note_refusal],
        openapi_config=described,
        logging_config=None,
        request_max_body_size=MOST_BYTES,
    )
    # Outside of every middleware and of the router, so that refused and unknown routes are logged and numbered too.
    app.state.requests = RequestCounts()
    app.asgi_handler = RequestLog(app.state.requests.around(Hardening(app.asgi_handler, web)))
    return app


@get("/v1/health", operation_id="health", tags=["health"], exclude_from_auth=True, opt={"action": "public"})
async def health(custody: InCustody) -> Health:
    """Whether the API and its database answer."""
    async with platform_scope():
        await DB.fetch("SELECT 1")
    # A log that is refused is said here: whoever watches the vault looks here first.
    status = "log_behind" if await standing.behind() else "ok"
    return Health(status=status, version=VERSION, email=messages.email_is(custody.mail))


@get(
    "/v1/openapi.json",
    operation_id="read_openapi",
    tags=["health"],
    exclude_from_auth=True,
    opt={"action": "public", "file": "application/json"},
)
async def read_openapi() -> Response[bytes]:
    """This description (OpenAPI 3.1), from which a client can be generated."""
    return Response(await asyncio.to_thread(DESCRIPTION.read_bytes), media_type="application/json")


def _custody(state: State) -> Custody:
    opened: Custody = state.custody
    return opened


def _sessions(state: State) -> Sessions:
    opened: Sessions = state.sessions
    return opened


def _door(state: State) -> Door:
    opened: Door = state.door
    return opened


def _caller(request: Request[Caller, Any, Any]) -> Caller:
    return request.user
