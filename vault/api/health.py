"""How the vault is, for those who run it: as JSON for a person's tools, and as metrics for Prometheus.

Prometheus comes with a bearer token of an operator, narrowed to `read_health`. One process answers for itself where it
counts requests, and for the whole vault where it reads PostgreSQL and Valkey.
"""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api import metrics
from vault.api.dependencies import FromCaller, InCustody
from vault.health import look


class PartView(Struct, frozen=True, kw_only=True):
    """One part that the vault stands on: `catalogue`, `valkey`, `objects` or `keyring`."""

    name: str
    answers: bool
    seconds: float | None
    version: str | None


class QueueView(Struct, frozen=True, kw_only=True):
    """Jobs handed to workers: to be taken, to be tried again, given up by the broker (and sent again by the outbox)."""

    name: str
    ready: int
    delayed: int
    dead: int


class JobsView(Struct, frozen=True, kw_only=True):
    """The outbox: jobs that wait to be sent, those that are under way, and since when the oldest stands."""

    waiting: int
    sent: int
    oldest: datetime | None


class LogsView(Struct, frozen=True, kw_only=True):
    """Events that wait to be sealed, since when, and how many logs are refused as older copies."""

    waiting: int
    oldest: datetime | None
    behind: int


class UpkeepView(Struct, frozen=True, kw_only=True):
    """Retention, copies and comparisons of all living controllers together, in numbers and moments."""

    controllers: int
    overdue: int
    overdue_since: datetime | None
    failed: int
    failed_since: datetime | None
    alarms: int
    kept: int
    done: int
    to_copy: int
    to_copy_since: datetime | None
    compared_at: datetime | None
    never_compared: int
    differences: int


class BackupView(Struct, frozen=True, kw_only=True):
    """The last backup of the catalogue, or of the keyring, that `vault backup` took, and by when it must be gone."""

    of: str
    at: datetime
    until: datetime


class HealthView(Struct, frozen=True, kw_only=True):
    """Everything at one moment; null is what a part would have told that does not answer."""

    at: datetime
    version: str
    python: str
    is_well: bool
    parts: list[PartView]
    workers: int | None
    queues: list[QueueView] | None
    leads: dict[str, bool] | None
    jobs: JobsView | None
    logs: LogsView | None
    upkeep: UpkeepView | None
    backups: list[BackupView] | None


@get("/health/parts", operation_id="read_health", opt={"action": Action.READ_HEALTH})
async def read_health(custody: InCustody, caller: FromCaller) -> HealthView:
    """Parts, workers, queues, what is behind, the last backups: no controller and no person is in it."""
    return msgspec.convert(await look(custody, caller), HealthView, from_attributes=True)


@get("/metrics", operation_id="read_metrics", opt={"action": Action.READ_HEALTH, "file": "text/plain"})
async def read_metrics(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[bytes]:
    """The same as metrics of Prometheus, with the requests that this process has answered, by route and status."""
    body = metrics.exposed(await look(custody, caller)) + request.app.state.requests.exposed()
    return Response(body, headers={"content-type": CONTENT_TYPE_LATEST})


router = Router(path="/v1", tags=["health"], route_handlers=[read_health, read_metrics])
