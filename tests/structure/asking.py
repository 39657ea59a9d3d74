"""Every route of the application, what it asks of whoever comes, and a body of the shape that it takes."""

import inspect
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, get_args
from uuid import uuid4

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.response import ServerSentEvent
from litestar.routes import HTTPRoute
from msgspec import inspect as shapes

from tenants.actions import CONTENT_ACTIONS, ROLES, Action
from tenants.policy import Policy
from tenants.vocabulary import Role
from vault.api.route_rights import actions_of
from vault.app import create_app
from vault.custody.custody import Custody

PUBLIC, SIGNED_IN = "public", "signed_in"
"""What a route asks that asks for no action: nothing at all, or that somebody acts on what is their own."""


NO_IDS = {"number": "1", "seq": "1", "path": "0/000", "name": "User", "slug": "no-such-house", "file_path": "none"}
"""What else stands in paths: numbers and words that are the same of everybody, and a controller's own name."""


@dataclass(frozen=True)
class Route:
    """One method of one path; `name` is its operation id, or its function's where a page has none."""

    name: str
    method: str
    path: str
    handler: HTTPRouteHandler

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.name})"

    @property
    def says(self) -> Any:
        """What `opt` says of it, if anything."""
        return self.handler.opt.get("action")

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions of which one is enough; none where it asks for no action."""
        return actions_of(self.handler)

    @property
    def is_live(self) -> bool:
        """Whether its answer goes on for as long as the work that it tells of, or minutes."""
        return self.handler.fn.__annotations__.get("return") is ServerSentEvent

    @property
    def parameters(self) -> list[str]:
        """The names of what stands in its path."""
        return re.findall(r"\{(\w+)\}", self.path)

    def may(self, role: Role, policy: Policy) -> bool:
        """Whether this role alone has one of its actions under a policy."""
        if role in self.handler.opt.get("never", ()):
            return False
        return any(role in roles_of(action, policy) for action in self.actions)

    def url(self, ids: Mapping[str, str]) -> str:
        """Its path with these ids in it, and with ids of nothing where none is given."""
        known = {**NO_IDS, **ids}
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], str(uuid4())), self.path)


def roles_of(action: Action, policy: Policy) -> frozenset[Role]:
    """Who may do an action: by the policy what shows content, by the table the rest."""
    if action in CONTENT_ACTIONS:
        return frozenset(policy.access.roles) - {Role.OPERATOR}
    return ROLES[action]


@cache
def routes() -> tuple[Route, ...]:
    """All of them but the answers to OPTIONS that the framework gives by itself."""
    found = [
        Route(_name(handler, method), method, route.path_format, handler)
        for route in create_app(_nothing).routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods)
        if handler.fn.__name__ != "options_handler"
    ]
    return tuple(sorted(found, key=lambda route: (route.path, route.method)))


def body_of(route: Route) -> dict[str, Any] | None:
    """A body with all that the route's shape requires and nothing else; None where it takes none of JSON."""
    parameter = inspect.signature(route.handler.fn).parameters.get("data")
    if parameter is None:
        return None
    annotation = next(iter(get_args(parameter.annotation)), parameter.annotation)
    shape = shapes.type_info(annotation)
    return _example(shape) if isinstance(shape, shapes.StructType) else None


def _name(handler: HTTPRouteHandler, method: str) -> str:
    if isinstance(handler.operation_id, str):
        return handler.operation_id
    return handler.fn.__name__ if method != "HEAD" else f"{handler.fn.__name__}_head"


def _example(shape: shapes.Type) -> Any:
    match shape:
        case shapes.Metadata(type=inner):
            return _example(inner)
        case shapes.StructType(fields=fields):
            return {field.encode_name: _example(field.type) for field in fields if field.required}
        case shapes.EnumType(cls=words):
            return next(iter(words)).value
        case shapes.LiteralType(values=words):
            return words[0]
        case shapes.UnionType(types=types):
            return _example(next(each for each in types if not isinstance(each, shapes.NoneType)))
        case shapes.ListType(item_type=item) | shapes.VarTupleType(item_type=item):
            return [_example(item)] * (shape.min_length or 0)
        case _:
            return _plain(shape)


def _plain(shape: shapes.Type) -> Any:
    match shape:
        case shapes.StrType(pattern=pattern, min_length=least, max_length=most):
            text = "x@outside.example" if pattern and "@" in pattern else "somebody tries"
            return text.ljust(least or 0, ".")[: most or 1000]
        case shapes.IntType(ge=least):
            return least or 1
        case shapes.FloatType():
            return 1.0
        case shapes.BoolType():
            return True
        case shapes.UUIDType():
            return str(uuid4())
        case shapes.DateTimeType():
            return datetime(2026, 11, 2, 12).astimezone().isoformat()
        case shapes.DateType():
            return date(2026, 11, 2).isoformat()
        case _:
            return msgspec.to_builtins({})


@asynccontextmanager
async def _nothing() -> AsyncIterator[Custody]:
    raise RuntimeError("An application whose routes alone are looked at is not started.")
    yield
