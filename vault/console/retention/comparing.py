"""How catalogue and store agree: what the newest comparison found, and having them compared now."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console import live
from vault.console.language import mark
from vault.console.rendering import elsewhere, page, rendered
from vault.console.retention import words
from vault.custody.database import PLATFORM
from vault.reconciliation.findings import ALARMS, Kind
from vault.reconciliation.reading import Summary, ask_for_round, summaries

DONE = {"asked": mark("A comparison was asked for. It begins at once and is shown here.")}

Since = Annotated[datetime | None, QueryParameter(name="since")]


@get("/retention/comparison", opt={"action": Action.READ_RECONCILIATION})
async def show_comparison(request: Request[Caller, Any, Any], caller: FromCaller, since: Since = None) -> Response[str]:
    """The newest comparison with its findings; for an operator every controller's, in numbers."""
    found = await summaries(caller)
    is_own = caller.tenant != PLATFORM
    return page(request, "retention/comparison.html", done=DONE, since=since, is_own=is_own, **_shown(found))


@get("/retention/comparison/progress", opt={"action": Action.READ_RECONCILIATION})
async def follow_comparison(
    request: Request[Caller, Any, Any], caller: FromCaller, since: Since = None
) -> ServerSentEvent:
    """The same while it goes on, until one that was begun since then is through."""

    async def shown() -> tuple[str, bool]:
        found = await summaries(caller)
        return rendered("retention/_comparison.html", request, **_shown(found)), _is_through(found, since)

    return await live.follow(shown, request=request)


@post("/retention/comparison", opt={"action": Action.READ_RECONCILIATION})
async def compare_now(custody: InCustody, caller: FromCaller) -> Response[str]:
    """Have catalogue and store compared from one end to the other."""
    since = custody.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    await ask_for_round(custody, caller)
    return elsewhere(f"/retention/comparison?since={since}", done="asked")


def _is_through(found: list[Summary], since: datetime | None) -> bool:
    if since is None:
        return not any(item.round is not None and item.completed_at is None for item in found)
    return all(
        item.completed_at is not None and item.started_at is not None and item.started_at >= since for item in found
    )


def _shown(found: list[Summary]) -> dict[str, Any]:
    return {
        "items": found,
        "explanations": {kind.value: words.FINDINGS[kind] for kind in Kind},
        "actions": {action.value: word for action, word in words.ACTIONS.items()},
        "alarms": {kind.value for kind in ALARMS},
    }


HANDLERS = [show_comparison, follow_comparison, compare_now]
