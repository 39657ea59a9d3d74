"""What each route asks of whoever comes, as its decorator says it, told to whoever reads the description."""

from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tenants.actions import CONTENT_ACTIONS, ROLES, Action


def actions_of(handler: HTTPRouteHandler) -> tuple[Action, ...]:
    """The actions of which one is enough; none where everybody who is signed in, or nobody in particular, is asked."""
    said = handler.opt.get("action")
    if isinstance(said, Action):
        return (said,)
    return said if isinstance(said, tuple) else ()


def describe_rights(app: Litestar, document: dict[str, Any]) -> None:
    """Write into a description which actions a route asks for (`x-actions`), and which roles have one of them.

    Where a notice says who may (what shows content), it is the notice that names the roles, and `x-roles` is left out.
    """
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            actions = actions_of(handler)
            for method in handler.http_methods if actions else ():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    operation.update(_rights(handler, actions))


def _rights(handler: HTTPRouteHandler, actions: tuple[Action, ...]) -> dict[str, list[str]]:
    rights = {"x-actions": [action.value for action in actions]}
    if CONTENT_ACTIONS.isdisjoint(actions):
        roles = frozenset().union(*(ROLES[action] for action in actions)) - frozenset(handler.opt.get("never", ()))
        rights["x-roles"] = sorted(roles)
    return rights
