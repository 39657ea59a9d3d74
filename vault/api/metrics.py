"""Metrics name routes, states and parts, and nobody: no controller, no person, no id stands in a label."""

import time
from datetime import datetime
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from vault.health import Health, Jobs, Logs, Queue, Upkeep

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE: Final = "none"
"""The route of what none took: there anything may stand in the path."""

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class RequestCounts:
    """What one process has answered since it began, by route and status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answers = Counter(
            "vault_http_requests", "Requests that were answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "vault_http_request_seconds",
            "Until the answer to a request began.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._under_way = Gauge("vault_http_requests_under_way", "Requests not yet answered.", registry=self.registry)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, whose requests are counted; around all of it, so that what is refused counts too."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            began, answered = time.monotonic(), False

            async def noted(message: Message) -> None:
                nonlocal answered
                if message["type"] == "http.response.start" and not answered:
                    answered = True
                    self._note(scope, message["status"], time.monotonic() - began)
                await send(message)

            with self._under_way.track_inprogress():
                await app(scope, receive, noted)

        return counted

    def exposed(self) -> bytes:
        """The counts as Prometheus reads them."""
        return generate_latest(self.registry)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        said = str(scope.get("method", ""))
        method, route = said if said in METHODS else "other", str(scope.get("path_template") or NO_ROUTE)
        self._answers.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class _Gauges:
    """Gauges of one moment; where a fact is not known there is no gauge, rather than a zero."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[str, Gauge] = {}

    def tell(self, name: str, means: str, value: float | datetime | None, **labels: str) -> None:
        """One gauge without labels, or one of several that differ in them; a moment is told in Unix seconds."""
        if value is None:
            return
        number = value.timestamp() if isinstance(value, datetime) else float(value)
        gauge = self._known.get(name) or Gauge(f"vault_{name}", means, tuple(labels), registry=self.registry)
        self._known[name] = gauge
        (gauge.labels(**labels) if labels else gauge).set(number)


def exposed(health: Health) -> bytes:
    """How the vault is, as Prometheus reads it."""
    gauges = _Gauges()
    gauges.tell("info", "Which version answers.", 1, version=health.version, python=health.python)
    gauges.tell("well", "Whether all parts answer, somebody works, and nothing raises an alarm.", health.is_well)
    for part in health.parts:
        gauges.tell("part_up", "Whether a part answers.", part.answers, part=part.name)
        gauges.tell("part_seconds", "How soon a part answered.", part.seconds, part=part.name)
    gauges.tell("workers", "Worker processes heard of within a minute.", health.workers)
    for name, held in (health.leads or {}).items():
        gauges.tell("leader", "Whether a worker does for all what one does.", held, work=name.replace(" ", "_"))
    for queue in health.queues or ():
        _tell_queue(gauges, queue)
    if health.jobs is not None:
        _tell_jobs(gauges, health.jobs)
    if health.logs is not None:
        _tell_logs(gauges, health.logs)
    if health.upkeep is not None:
        _tell_upkeep(gauges, health.upkeep)
    for taken in health.backups or ():
        gauges.tell("backup_timestamp_seconds", "When `vault backup` last took one.", taken.at, of=taken.of)
    return generate_latest(gauges.registry)


def _tell_queue(gauges: _Gauges, queue: Queue) -> None:
    for state, number in (("ready", queue.ready), ("delayed", queue.delayed), ("dead", queue.dead)):
        gauges.tell("queue_jobs", "Jobs that were handed to workers.", number, queue=queue.name, state=state)


def _tell_jobs(gauges: _Gauges, jobs: Jobs) -> None:
    for state, number in (("waiting", jobs.waiting), ("sent", jobs.sent)):
        gauges.tell("outbox_jobs", "Jobs in the outbox that are not done.", number, state=state)
    gauges.tell("outbox_oldest_timestamp_seconds", "Since when the oldest job stands.", jobs.oldest)


def _tell_logs(gauges: _Gauges, logs: Logs) -> None:
    gauges.tell("log_waiting_events", "Events that wait to be sealed.", logs.waiting)
    gauges.tell("log_oldest_timestamp_seconds", "Since when the oldest of them waits.", logs.oldest)
    gauges.tell("logs_behind", "Logs that are sealed no further: older than their copies.", logs.behind)


def _tell_upkeep(gauges: _Gauges, upkeep: Upkeep) -> None:
    gauges.tell("controllers", "Controllers that are not destroyed.", upkeep.controllers)
    parts = (("overdue", upkeep.overdue), ("failed", upkeep.failed), ("kept", upkeep.kept))
    for state, number in parts:
        gauges.tell("retention_parts", "Parts whose day has come and that stand.", number, state=state)
    gauges.tell("retention_done_parts", "Parts that went in the last seven days.", upkeep.done)
    gauges.tell("retention_overdue_timestamp_seconds", "Since when the oldest is overdue.", upkeep.overdue_since)
    gauges.tell("retention_failed_timestamp_seconds", "Since when the oldest failed one is due.", upkeep.failed_since)
    gauges.tell("retention_alarms", "Controllers of which something has not gone for long.", upkeep.alarms)
    gauges.tell("copies_waiting_recordings", "Recordings whose rows are not copied yet.", upkeep.to_copy)
    gauges.tell("copies_oldest_timestamp_seconds", "Since when the oldest of them is here.", upkeep.to_copy_since)
    gauges.tell("comparison_timestamp_seconds", "The oldest of the last comparisons.", upkeep.compared_at)
    gauges.tell("comparison_never_controllers", "Controllers never compared yet.", upkeep.never_compared)
    gauges.tell("comparison_differences", "What the last comparisons found.", upkeep.differences)
