"""Pages of HTML that work without a script; what scripts there are is our own, and nothing comes from elsewhere."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from markupsafe import Markup

from vault.accounts import Caller
from vault.console import language
from vault.console.built import address
from vault.console.navigation import places
from vault.console.sentences import sentence
from vault.errors import FieldProblem

TEMPLATES: Final = Path(__file__).with_name("templates")

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cache-control": "private, no-store",
        # Not `no-referrer`: under that a browser sends a form's `Origin` as `null` (Fetch §3.2), as if from elsewhere.
        "referrer-policy": "same-origin",
        "vary": "accept-language, cookie, hx-request",
    }
)
"""Beside those of every answer: nothing is kept by a cache, or told to another site."""

_LANGUAGE_SECONDS: Final = 365 * 24 * 3600

_OF_THIS_PAGE: Final = frozenset({"lang", "done"})
"""What does not go on in an address when the language is changed; the rest does."""

_LABEL: Final = re.compile(r'(?:<label for|<fieldset [^>]*\bid)="field-([^"]+)">(?:<legend>)?([^<]*[^<\s])')
_SUMMED_UP: Final = re.compile(r'(<a href="#field-([^"]+)">)\2</a>')
"""What a form calls a field, and where the summary above it names one (`parts.html`)."""

INVALID: Final = 422
"""With what status a form comes back, in a page or as a piece of one, with a summary of what is wrong."""

_NO_DONE: Final[Mapping[str, str]] = MappingProxyType({})

PAGES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
PAGES.install_gettext_callables(  # type: ignore[attr-defined] # the extension adds it
    lambda message: language.spoken().gettext(message),
    lambda one, many, n: language.spoken().ngettext(one, many, n),
    newstyle=True,
)
PAGES.globals["built"] = address
PAGES.filters |= {
    "moment": language.moment,
    "day": language.day,
    "clock": language.clock,
    "count": language.count,
    "size": language.size,
    "term": language.term,
    "framed": language.framed,
    "sentence": sentence,
}

AnyRequest = Request[Any, Any, Any]


def page(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    done: Mapping[str, str] = _NO_DONE,
    nonce: str = "",
    **given: Any,
) -> Response[str]:
    """A whole page.

    Args:
        problems: what is wrong with a form that came; told at the top and beside each field.
        done: what a redirect's `?done=…` may say was done, in words to be translated.
        nonce: by which a script of the page writes a style; pages without one have the same headers each time.
    """
    caller = request.scope.get("user")
    signed_in = caller if isinstance(caller, Caller) else None
    shown = {
        "languages": language.LANGUAGES,
        "language": language.LANGUAGE.get(),
        "path": request.url.path,
        "kept": kept(request),
        "places": list(places(signed_in)) if signed_in else [],
        "me": signed_in,
        "nonce": nonce,
        "problems": problems or [],
        "done": done.get(request.query_params.get("done", "")),
    }
    body = PAGES.get_template(template).render(shown | given)
    return _answer(request, labelled(body) if problems or status == INVALID else body, status, nonce)


def piece(request: AnyRequest, template: str, *, status: int = 200, **given: Any) -> Response[str]:
    """A piece of a page, for htmx to put in its place."""
    body = rendered(template, request, **given)
    return _answer(request, labelled(body) if status == INVALID else body, status, "")


def rendered(template: str, request: AnyRequest, **given: Any) -> str:
    """A piece of a page as text, such as an event carries it."""
    caller = request.scope.get("user")
    shown = {"language": language.LANGUAGE.get(), "path": request.url.path, "me": caller, "problems": []}
    return PAGES.get_template(template).render(shown | given)


def elsewhere(path: str, *, done: str = "") -> Response[str]:
    """Go on to another page (303), whose `done` says what was done."""
    at = f"{path}{'&' if '?' in path else '?'}done={done}" if done else path
    return Response("", status_code=303, headers=dict(HEADERS) | {"location": at}, media_type=MediaType.HTML)


def kept(request: AnyRequest) -> str:
    """The query of a page that goes on with whoever stays there."""
    return urlencode([pair for pair in request.query_params.multi_items() if pair[0] not in _OF_THIS_PAGE])


def policy(nonce: str) -> str:
    """A page's Content-Security-Policy: our own files and no inline code; wavesurfer styles itself by the nonce."""
    style = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; media-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def labelled(body: str) -> str:
    """A page whose summary of what is wrong calls each field as its form does.

    The summary stands above the form, and what a field is called is known where the form is drawn: so it is put in when
    the page is whole. Nobody's text is mistaken for a label, since what is written on a page is escaped.
    """
    labels = dict(_LABEL.findall(body))
    return _SUMMED_UP.sub(lambda found: f"{found[1]}{labels.get(found[2], found[2])}</a>", body)


def _answer(request: AnyRequest, body: str, status: int, nonce: str) -> Response[str]:
    headers = dict(HEADERS) | {"content-security-policy": policy(nonce), "content-language": language.LANGUAGE.get()}
    answer = Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)
    chosen = request.query_params.get("lang", "")
    if chosen in language.LANGUAGES:
        answer.set_cookie(
            Cookie(language.COOKIE, value=chosen, path="/", samesite="lax", httponly=True, max_age=_LANGUAGE_SECONDS)
        )
    return answer


def paragraphs(text: str) -> Markup:
    """Text with its empty lines as paragraphs."""
    return Markup("").join(Markup("<p>{}</p>").format(each) for each in text.split("\n\n") if each.strip())


PAGES.filters["paragraphs"] = paragraphs
