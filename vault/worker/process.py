"""A worker opens the parts, takes jobs until it is told to stop, and leaves what is unfinished to the next."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

import dramatiq
import structlog
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Retries, ShutdownNotifications

from vault.assembly import open_custody
from vault.custody.custody import Custody
from vault.settings import Settings
from vault.verifier import Apart
from vault.worker.actors import Hands, declare
from vault.worker.schedule import Schedule
from vault.worker.sealing import Sealer

THREADS = 4
"""Jobs under way at once; each is mostly waiting for the store."""

POLL_MS = 200
STOP_MS = 15_000
"""How long jobs get to reach a place where they can be left; they are continued from there."""

log = structlog.get_logger()


def run(settings: Settings) -> int:
    """Work in the foreground until SIGTERM or SIGINT.

    Returns:
        The exit code: 0 when it was told to stop, 1 when a part that it stands on could not be opened.
    """
    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        with _event_loop() as loop, _opened(loop, settings) as custody:
            broker = make_broker(settings.broker_url)
            declare(broker, Hands(custody, settings.database_url))
            schedule, sealer = (
                Schedule(custody, broker, settings.database_url),
                Sealer(custody, settings.database_url),
            )
            with _working(broker), _running(loop, schedule.run), _running(loop, sealer.run):
                log.info("worker.ready")
                stop.wait()
    except Exception as error:  # said in one line; the supervisor sees the exit code
        log.error("worker.failed", error=type(error).__name__, detail=str(error))
        return 1
    log.info("worker.stopped")
    return 0


def make_broker(url: str) -> dramatiq.Broker:
    """The queue in Valkey. What fails is tried again a few times soon; after that the outbox sends it again."""
    retries = Retries(max_retries=3, min_backoff=1_000, max_backoff=15_000)
    middleware = [ShutdownNotifications(notify_shutdown=True), retries]
    return RedisBroker(url=url, middleware=middleware)  # type: ignore[no-untyped-call] # dramatiq leaves it untyped


@contextmanager
def _event_loop() -> Iterator[EventLoopThread]:
    """The loop on which all jobs run. It is ours, and not the AsyncIO middleware's, to open the parts on before any
    job comes: an exception in a middleware's hook is logged and the worker goes on without.
    """
    thread = EventLoopThread(logging.getLogger(__name__))
    thread.start(timeout=5)
    set_event_loop_thread(thread)
    try:
        yield thread
    finally:
        set_event_loop_thread(None)
        thread.loop.call_soon_threadsafe(thread.loop.stop)
        thread.join()


@contextmanager
def _opened(loop: EventLoopThread, settings: Settings) -> Iterator[Custody]:
    parts = AsyncExitStack()
    custody = loop.run_coroutine(parts.enter_async_context(open_custody(settings, waiting=True)))
    try:
        # What a worker has destroyed, a process of its own verifies.
        yield replace(custody, verifier=Apart())
    finally:
        loop.run_coroutine(parts.aclose())


@contextmanager
def _working(broker: dramatiq.Broker) -> Iterator[None]:
    worker = dramatiq.Worker(broker, worker_threads=THREADS, worker_timeout=POLL_MS)
    worker.start()
    try:
        yield
    finally:
        worker.stop(timeout=STOP_MS)
        broker.close()


@contextmanager
def _running(loop: EventLoopThread, run: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(run())

    async def end(task: asyncio.Task[None]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    task = loop.run_coroutine(begin())
    try:
        yield
    finally:
        loop.run_coroutine(end(task))
