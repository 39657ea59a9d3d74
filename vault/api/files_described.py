"""Which routes answer with a file, and of what kind, told to whoever reads the description."""

from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

PLAIN: dict[str, Any] = {"type": "string"}
"""How the framework describes text and bytes alike."""

BODILESS = ("204", "303", "304")
"""Answers without a body (RFC 9110 §15)."""

WITH_BODY = ("200", "201", "206")


def describe_files(app: Litestar, document: dict[str, Any]) -> None:
    """Write into a description of which media types an answer is that is no object of the API's own.

    A route says so by `opt={"file": MEDIA_TYPE}`, or several where the request chooses among them.
    """
    for item in document["paths"].values():
        for operation in item.values():
            for status in operation["responses"].keys() & BODILESS:
                operation["responses"][status].pop("content", None)
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            kinds = handler.opt.get("file", ())
            for method in handler.http_methods if kinds else ():
                answers = document["paths"][route.path_format][method.lower()]["responses"]
                for answer in (answers[status] for status in WITH_BODY if status in answers):
                    answer["content"] = _content((kinds,) if isinstance(kinds, str) else kinds, answer["content"])


def _content(kinds: tuple[str, ...], before: dict[str, Any]) -> dict[str, Any]:
    own = {kind: said for kind, said in before.items() if said.get("schema") not in (PLAIN, {})}
    names = (kind.partition(";")[0] for kind in kinds)
    return {name: {"schema": {"type": "object"} if name == "application/json" else {}} for name in names} | own
