"""With which program somebody signed in, as coarsely as its owner needs to know it again among others."""

from typing import Any, Final

from litestar.connection import ASGIConnection

_BROWSERS: Final = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
"""By what a `User-Agent` holds; each that comes later is also named by those before it."""

_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def program_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Such as `Firefox, Linux`: no version and no address; empty for what is no browser."""
    said = connection.headers.get("user-agent", "")
    found = [next((name for mark, name in names.items() if mark in said), None) for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) if found[0] else ""
