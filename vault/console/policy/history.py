"""Which versions there were, who proposed and confirmed each, and how two of them differ."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from tenants.decisions import Action
from tenants.policy_changes import Change, other_changes, periods
from tenants.reading import read_published
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.names import names_for
from vault.console.rendering import page
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import NotFound
from vault.handlers import HANDLERS
from vault.policies.changing import CHANGE_POLICY, proposed_source
from vault.policies.parsing import parse
from vault.policies.versions import source_of, versions
from vault.proposals.model import Proposal, State
from vault.proposals.reading import find, proposals

Number = Annotated[int, QueryParameter(ge=1, le=2**31 - 1)]

AROUND = 3
"""So many lines that are the same are shown around those that are not."""

MANY = 500
"""Lines; the longest of the examples has half as many."""


@dataclass(frozen=True)
class Compared:
    """One of two versions: its number and its file."""

    version: int
    source: str


@dataclass(frozen=True)
class Line:
    """A line of either file: `sign` is + where only the later one has it, - where only the earlier, else empty."""

    sign: str
    before: int | None
    after: int | None
    text: str


@get("/policy/history", opt={"action": Action.READ_POLICY})
async def show_history(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """All versions, newest first."""
    published = await versions(custody, caller)
    return page(
        request,
        "policy/history.html",
        versions=published,
        changes=await _changes(custody, caller),
        names=await names_for(caller),
    )


@get("/policy/difference", opt={"action": Action.READ_POLICY})
async def show_difference(
    request: Request[Caller, Any, Any],
    before: Number,
    after: Number,
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """What another version changed: in periods, in everything else, and in the file's own lines."""
    earlier, later = await source_of(caller, before), await source_of(caller, after)
    return await _difference(request, Compared(before, earlier), Compared(after, later))


@get("/proposals/{proposal_id:uuid}/difference", opt={"action": Action.READ_PROPOSALS})
async def show_proposed_difference(
    request: Request[Caller, Any, Any], proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """What a proposed version would change, before a second person decides: beside the one that it follows."""
    proposal = await find(custody, HANDLERS, caller, proposal_id)
    later = await proposed_source(custody, caller, proposal_id)
    controller, after = proposal.tenant if caller.tenant == PLATFORM else None, int(proposal.terms["version"])
    published = [one.version for one in await versions(custody, caller, controller) if one.version < after]
    if not published:
        raise NotFound
    earlier = await source_of(caller, published[0], controller)
    return await _difference(request, Compared(published[0], earlier), Compared(after, later), proposal=proposal_id)


async def _difference(
    request: Request[Caller, Any, Any], before: Compared, after: Compared, *, proposal: UUID | None = None
) -> Response[str]:
    old, new = read_published(before.source), read_published(after.source)
    return page(
        request,
        "policy/difference.html",
        before=before.version,
        after=after.version,
        proposal=proposal,
        periods=[change for change in periods(old, new) if change.change is not Change.SAME],
        other=other_changes(old, new),
        hunks=await parse(hunks, before.source, after.source),
    )


def hunks(before: str, after: str) -> list[list[Line]]:
    """Where two files differ, with a few lines around."""
    old, new = before.splitlines(), after.splitlines()
    # Of very many lines those that are everywhere are not looked up: each would be compared with each.
    grouped = SequenceMatcher(None, old, new, autojunk=len(new) > MANY).get_grouped_opcodes(AROUND)
    return [[line for step in group for line in _lines(step, old, new)] for group in grouped]


def _lines(step: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> list[Line]:
    tag, i, j, k, m = step
    if tag == "equal":
        return [Line("", i + n + 1, k + n + 1, text) for n, text in enumerate(old[i:j])]
    gone = [Line("-", i + n + 1, None, text) for n, text in enumerate(old[i:j])]
    return gone + [Line("+", None, k + n + 1, text) for n, text in enumerate(new[k:m])]


async def _changes(custody: Custody, caller: Caller) -> dict[str, Proposal]:
    """By a file's digest, the proposal by which it was published; nothing for whoever reads no proposals."""
    if not caller.may(Action.READ_PROPOSALS):
        return {}
    found = await proposals(custody, HANDLERS, caller)
    done = (State.APPROVED, State.CARRIED_OUT)
    return {str(one.terms["sha256"]): one for one in found if one.action == CHANGE_POLICY and one.state in done}
