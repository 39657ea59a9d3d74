"""One line an act, as JSON, with ids only: no names, numbers, tokens, headers or bodies."""

import logging
import sys
from typing import Any

import structlog


def configure(*, stream: Any = sys.stderr) -> None:
    """Set up structlog for this process, and send the libraries' warnings the same way.

    Tracebacks are rendered without local variables: those hold keys and tokens.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format='{"event": "library", "logger": "%(name)s"}')
