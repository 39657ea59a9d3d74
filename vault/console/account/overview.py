"""Who somebody is here, and what their roles let them do and hear, in the notice's own words."""

import re
from typing import Any, Final
from uuid import UUID

from babel.units import format_unit
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tenants.actions import CONTENT_ACTIONS, ROLES
from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.language import locale, mark
from vault.console.rendering import elsewhere, page
from vault.oversight import support, support_reading
from vault.oversight.own_rights import standing

AT: Final = "/account"
DONE: Final = {"left": mark("The support has ended.")}

_UNITS: Final = {"Y": "year", "M": "month", "W": "week", "D": "day"}

Asked = Request[Caller, Any, Any]


@get(AT, opt={"action": "signed_in"})
async def show_account(request: Asked, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Who the vault takes one for, what that lets one do, and when it is looked at again."""
    entry = await standing(custody, caller)
    admitted = await support_reading.own(custody, caller) if caller.may(Action.LEAVE_SUPPORT) else []
    given: dict[str, Any] = {
        "entry": entry,
        "roles": [(role, doing(role)) for role in sorted(caller.person.roles)],
        "every": spelled(entry.reviewed_every) if entry.reviewed_every else "",
        "admitted": admitted,
        "is_operator": caller.may(Action.LEAVE_SUPPORT),
    }
    return page(request, "account/overview.html", done=DONE, **given)


@post(f"{AT}/support/{{admission_id:uuid}}/end", status_code=303, opt={"action": Action.LEAVE_SUPPORT})
async def leave_support(admission_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """End a support that one was let in for."""
    await support.end(custody, caller, admission_id)
    return elsewhere(AT, done="left")


def doing(role: Role) -> list[Action]:
    """What a role lets one do that no notice speaks of."""
    return [action for action in Action if action not in CONTENT_ACTIONS and role in ROLES[action]]


def spelled(duration: str) -> str:
    """An ISO 8601 duration of calendar units, such as P6M, in words."""
    found = re.findall(r"(\d+)([YMWD])", duration)
    return ", ".join(format_unit(int(number), f"duration-{_UNITS[unit]}", locale=locale()) for number, unit in found)


HANDLERS: list[HTTPRouteHandler] = [show_account, leave_support]
