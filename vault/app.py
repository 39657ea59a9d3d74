"""The vault over HTTP, whole: its API for programs and its console for people, in one application."""

from litestar import Litestar
from litestar.status_codes import HTTP_404_NOT_FOUND, HTTP_405_METHOD_NOT_ALLOWED

from vault.api.app import OpenCustody, create_api
from vault.console import failing, routes
from vault.web_settings import WebSettings


def create_app(custody: OpenCustody, *, web: WebSettings | None = None) -> Litestar:
    """Put the application together; its parts are opened when it starts and closed when it stops.

    Args:
        custody: opens the parts that keep recordings.
        web: how it meets the network; as nothing but the defaults say, where it is left out.
    """
    app = create_api(custody, web=web, pages=routes.ROUTERS)
    # An address that has no route belongs to neither part: both are asked, by the application itself.
    for status in (HTTP_404_NOT_FOUND, HTTP_405_METHOD_NOT_ALLOWED):
        app.exception_handlers[status] = failing.astray
    return app
