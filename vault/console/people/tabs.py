"""What of this area leads anywhere for whom, and the names that its pages tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response

from tenants.decisions import Action
from vault.accounts import Caller
from vault.console.language import mark
from vault.console.names import names_for
from vault.console.rendering import page
from vault.errors import FieldProblem


@dataclass(frozen=True)
class Tab:
    """One page of the area, and the actions of which one leads there."""

    key: str
    title: str
    at: str
    actions: tuple[Action, ...]


TABS: Final = (
    Tab("members", mark("Members"), "/people", (Action.MANAGE_MEMBERS,)),
    Tab("teams", mark("Teams"), "/people/teams", (Action.MANAGE_TEAMS,)),
    Tab("machines", mark("Machines"), "/people/machines", (Action.MANAGE_TOKENS,)),
    Tab("reviews", mark("Reviews of rights"), "/people/reviews", (Action.READ_RIGHTS, Action.REVIEW_RIGHTS)),
    Tab("unusual", mark("Unusual volume"), "/people/unusual", (Action.READ_UNUSUAL,)),
    Tab("glass", mark("Broken glass"), "/people/break-glass", (Action.REVIEW_BREAK_GLASS, Action.BREAK_GLASS)),
    Tab("recovery", mark("Recovery"), "/people/recovery", (Action.RECOVER_ACCOUNT,)),
    Tab("support", mark("Support from afar"), "/people/support", (Action.READ_SUPPORT, Action.LEAVE_SUPPORT)),
    Tab("sign_in", mark("Identity provider"), "/people/identity-provider", (Action.MANAGE_SIGN_IN,)),
)

DONE: Final[Mapping[str, str]] = {
    "stopped": mark("Their access is stopped, everywhere and at once."),
    "superior": mark("It is noted who confirms their rights."),
    "made": mark("It is made."),
    "renamed": mark("The team has another name."),
    "ended": mark("It is ended."),
    "joined": mark("It is recorded."),
    "revoked": mark("The token is ended."),
    "opened": mark("A review is open."),
    "confirmed": mark("The right is confirmed."),
    "removed": mark("The right is removed, at once."),
    "closed": mark("It is closed, with your words."),
    "broken": mark("The glass is broken. A second person and the DPO are told."),
    "reviewed": mark("Your review is written down."),
    "admitted": mark("The operator is let in."),
}
"""What a redirect may say was done."""


async def show(
    request: Request[Caller, Any, Any],
    template: str,
    here: str,
    *,
    problems: list[FieldProblem] | None = None,
    status: int = 200,
    **given: Any,
) -> Response[str]:
    """A page of this area, with the tabs that lead anywhere for whoever asks."""
    caller = request.user
    tabs = [tab for tab in TABS if any(map(caller.may, tab.actions))]
    names = await names_for(caller)
    told = {"tabs": tabs, "here": here, "names": names} | given
    return page(request, f"people/{template}.html", status=status, problems=problems, done=DONE, **told)
