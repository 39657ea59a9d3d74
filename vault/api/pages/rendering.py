"""Pages of plain HTML in three languages: no script runs in them, and nothing is loaded from anywhere."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import jinja2
from litestar import Request, Response
from markupsafe import Markup

from vault.api.pages.words import LANGUAGES, Words
from vault.api.same_site import is_another_site
from vault.errors import NotAllowed

TEMPLATES: Final = Path(__file__).with_name("templates")
STYLE: Final = (TEMPLATES / "style.css").read_text()

# As it is, unescaped: it is a file of ours, and its hash is what the policy lets through.
_STYLE: Final = Markup(STYLE)  # noqa: S704 - our own style sheet

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'",
        "cache-control": "private, no-store",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        # Not `no-referrer`: under that a browser sends a form's `Origin` as `null` (Fetch §3.2), as if from elsewhere.
        "referrer-policy": "same-origin",
        "vary": "accept-language, cookie",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
)
"""Nothing is kept by a cache, framed by another site, or told to one."""

# Dates of the pages are Finnish ones, whatever the language: all controllers and their notices are.
_ZONE: Final = ZoneInfo("Europe/Helsinki")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M %Z}"


_PAGES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
)
_PAGES.filters["moment"] = _moment


def language_of(request: Request[Any, Any, Any]) -> str:
    """The language that is asked for in the address, or that the browser prefers; else the first of ours."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    for preferred in _preferred(request.headers.get("accept-language", "")):
        if preferred in LANGUAGES:
            return preferred
    return next(iter(LANGUAGES))


def words_of(request: Request[Any, Any, Any]) -> Words:
    """The words in that language."""
    return LANGUAGES[language_of(request)]


def page(
    request: Request[Any, Any, Any], template: str, *, signed_in: bool, status: int = 200, **shown: Any
) -> Response[str]:
    """One page, with the headers that keep it to itself."""
    language = language_of(request)
    html = _PAGES.get_template(template).render(
        language=language,
        languages=list(LANGUAGES),
        words=LANGUAGES[language],
        path=_shown_at(request),
        style=_STYLE,
        signed_in=signed_in,
        **shown,
    )
    headers = dict(HEADERS) | {"content-language": language}
    return Response(html, status_code=status, media_type="text/html", headers=headers)


def elsewhere(request: Request[Any, Any, Any], path: str) -> Response[str]:
    """Look at another page now (303), in the same language."""
    location = f"{path}?lang={language_of(request)}"
    return Response("", status_code=303, media_type="text/html", headers=dict(HEADERS) | {"location": location})


def require_same_site(request: Request[Any, Any, Any]) -> None:
    """Raises NotAllowed for a form that another site sent; the cookie's SameSite=Strict is the first lock."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if is_another_site(request.method, site=site, origin=origin, host=request.headers.get("host", "")):
        raise NotAllowed("A change may not be asked for from another site.")


def _preferred(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the most wanted first, without their regions."""
    wanted: list[tuple[float, str]] = []
    for item in header[:1000].split(","):
        name, _, parameters = item.strip().partition(";")
        try:
            quality = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            wanted.append((quality, name.strip().partition("-")[0].lower()))
    return [name for _, name in sorted(wanted, key=lambda each: -each[0])]


def _shown_at(request: Request[Any, Any, Any]) -> str:
    """Where what answers a form is shown again: forms are sent to an address below their page."""
    path = request.url.path
    return path if request.method == "GET" else path.rpartition("/")[0]
