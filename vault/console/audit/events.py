"""The log searched, followed and explained: what each event means, and that it stands where it was written."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from tenants.decisions import Action
from tenants.events.table import ACTS
from tenants.policy import Policy
from vault import evidence
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.auditing import serving
from vault.auditing.checkpoint_notes import Tree
from vault.auditing.events import Told
from vault.auditing.proofs import ProofInvalid
from vault.auditing.signing import log_verifier
from vault.colleagues import names
from vault.console.audit.filters import asked
from vault.console.audit.tabs import tabs
from vault.console.rendering import page, piece
from vault.custody.custody import Custody
from vault.errors import Altered, NotFound, Unavailable
from vault.policies.versions import in_force

AnyRequest = Request[Caller, Any, Any]
READ = {"action": Action.READ_AUDIT}
PAGE: Final = 50

LINKED: Final = {
    "recording": "/recordings/",
    "disclosure": "/disclosures/",
    "request": "/subjects/",
    "message": "/messages/",
    "webhook": "/audit/streams/",
}
"""Where the things are shown that events are about, by what an act's declaration calls them."""


@dataclass(frozen=True)
class Row:
    """An event as a line of the table; `means` is None for an act that the vault knows no more."""

    told: Told
    at: datetime
    actor: UUID | None
    means: str | None

    @classmethod
    def of(cls, told: Told) -> "Row":
        """The line of an event."""
        act = ACTS.get(told.act)
        actor = UUID(told.actor) if told.actor else None
        return cls(told, datetime.fromisoformat(told.at), actor, act.means if act else None)


@get("/audit", opt=READ)
async def show_events(
    request: AnyRequest, custody: InCustody, caller: FromCaller, cursor: FromQuery[int | None] = None
) -> Response[str]:
    """The events that are asked for, the newest first; that they were searched stands in the log too."""
    wanted = asked(request)
    found: Sequence[Told] = ()
    if not wanted.problems:
        found = await evidence.search(custody, caller, wanted.wanted, before=cursor, limit=PAGE)
    items = [Row.of(each) for each in found]
    people = {each.actor for each in items} | {wanted.wanted.actor}
    told, policy = await asyncio.gather(names(caller, people, reading=Action.READ_AUDIT), policy_of(custody, caller))
    shown: dict[str, Any] = {
        "items": items,
        "names": told,
        "more": wanted.address(cursor=found[-1].seq) if len(found) == PAGE else None,
    }
    if request.headers.get("hx-target") == "more":
        return piece(request, "audit/_events.html", **shown)
    return page(
        request,
        "audit/events.html",
        status=422 if wanted.problems else 200,
        problems=wanted.problems,
        tabs=tabs(caller),
        asked=wanted,
        acts=sorted(ACTS),
        purposes=titles(policy),
        cursor=cursor,
        **shown,
    )


async def policy_of(custody: Custody, caller: Caller) -> Policy | None:
    """The policy in force; None where there is none (any more): the log is read all the same."""
    try:
        return await in_force(custody, caller)
    except NotFound:
        return None


def titles(policy: Policy | None) -> list[tuple[str, str]]:
    """Each purpose of the notice with its title."""
    return [(name, each.title) for name, each in policy.purposes.allowed.items()] if policy else []


@get("/audit/events/{seq:int}", opt=READ)
async def show_event(request: AnyRequest, custody: InCustody, caller: FromCaller, seq: FromPath[int]) -> Response[str]:
    """One event in words, with each of its details, and the proof that it stands in the log."""
    found = await _one(caller, seq)
    body: dict[str, Any] = json.loads(found["body"]) if found["body"] else {}
    act, policy = ACTS.get(body.get("act", "")), await policy_of(custody, caller)
    actor, clause = body.get("actor"), body.get("clause")
    return page(
        request,
        "audit/event.html",
        tabs=tabs(caller),
        seq=seq,
        leaf=found["hash"],
        text=found["body"],
        body=body,
        when=datetime.fromisoformat(body["at"]) if body else None,
        act=act,
        at=LINKED.get(act.of or "") if act else None,
        clause=policy.cite(clause) if policy and clause in policy.clauses else None,
        titles=dict(titles(policy)),
        name=(await names(caller, [UUID(actor)], reading=Action.READ_AUDIT)).get(UUID(actor), "") if actor else "",
        proof=await _proven(custody, caller, seq, found["body"]),
    )


async def _one(caller: Caller, seq: int) -> dict[str, Any]:
    for event in await evidence.events(caller, after=seq - 1, limit=1) if seq > 0 else ():
        if event["seq"] == seq:
            return event
    raise NotFound


async def _proven(custody: Custody, caller: Caller, seq: int, body: str | None) -> tuple[str, str, Tree | None]:
    """In which tone, and why: `good` with the tree of a checkpoint, only where the proof was verified."""
    try:
        proof = await serving.inclusion(custody, caller, seq, size=None)
        if body is None:
            return "erased", "", None
        shown = await asyncio.to_thread(proof.verify, body.encode(), log_verifier(custody, caller.tenant))
    except (Altered, ProofInvalid) as error:
        return "bad", str(error), None
    except (NotFound, Unavailable):
        return "waits", "", None
    return "good", "", shown.tree


@get("/audit/events/{seq:int}/proof", opt={"action": Action.READ_LOG})
async def fetch_proof(custody: InCustody, caller: FromCaller, seq: FromPath[int]) -> Response[str]:
    """That an event stands in the log, for whoever has the log's key alone (c2sp.org/tlog-proof)."""
    proof = await serving.inclusion(custody, caller, seq, size=None)
    return download(str(proof), f"event-{seq}.tlog-proof")


def download(text: str, name: str) -> Response[str]:
    """Text as a file."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(text, media_type="text/plain", headers=headers)


HANDLERS = [show_events, show_event, fetch_proof]
