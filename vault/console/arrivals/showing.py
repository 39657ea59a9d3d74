"""What comes in at this moment, as a page that keeps up with it; closing the page stops nothing that comes."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import ServerSentEvent

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.arrivals.words import RULES
from vault.console.live import SLOWLY, follow
from vault.console.rendering import page, rendered
from vault.custody.custody import Custody
from vault.ingest.arrivals import COUNTED, LATELY, arrivals


@get("/arrivals", opt={"action": Action.READ_ARRIVALS})
async def show_arrivals(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Uploads under way, what came, what was refused, and how anything comes in."""
    return page(request, "arrivals/arrivals.html", origin=custody.origin, **await _told(custody, caller))


@get("/arrivals/progress", opt={"action": Action.READ_ARRIVALS})
async def follow_arrivals(
    request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller
) -> ServerSentEvent:
    """How they go on; there is no end to it."""

    async def shown() -> tuple[str, bool]:
        return rendered("arrivals/_now.html", request, **await _told(custody, caller)), False

    return await follow(shown, request=request, every=SLOWLY)


async def _told(custody: Custody, caller: Caller) -> dict[str, Any]:
    told = await arrivals(custody, caller)
    return {"arrivals": told, "lately": LATELY.days, "counted": COUNTED, "rule_words": RULES}
