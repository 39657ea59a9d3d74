"""One line an act, as JSON, with ids only: no names, numbers, tokens, headers or bodies.

Nothing of that is logged; should a library's error quote a secret all the same, it is struck out by its form.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

STRUCK_OUT: Final = "[struck out]"

_SECRETS: Final = re.compile(
    r"\b(?:rv|vs)_[0-9A-Za-z_-]{16,}"  # tokens and sessions
    r"|\bin_[0-9A-Za-z_-]{40,}"  # invitations
    r"|\bwhsec_[0-9A-Za-z+/=]{16,}"
    r"|\bAGE-SECRET-KEY-1[0-9A-Z]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # user and password of an address
    r"|(?i:(?<=bearer )|(?<=basic ))[0-9A-Za-z._~+/=-]{8,}",
    re.DOTALL,
)


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
            strike_out,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format='{"event": "library", "logger": "%(name)s"}')


def strike_out(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strike out what has the form of a secret, in a line that is about to be written."""
    return {name: _SECRETS.sub(STRUCK_OUT, value) if isinstance(value, str) else value for name, value in line.items()}
