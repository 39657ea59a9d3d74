"""Each step of a disclosure is taken under its lock, by the one table of states, and stands in the log."""

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tenants.disclosing import DisclosureEvent, DisclosureState, StepRefused, after
from vault.custody import audit
from vault.custody.database import DB
from vault.disclosure.model import Disclosure, Effect
from vault.errors import Conflict, NotFound
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

E = DisclosureEvent

ACTS = MappingProxyType(
    {
        E.CHANGE_SCOPE: "disclosure.scope_changed",
        E.APPROVE_FIRST: "disclosure.half_approved",
        E.APPROVE_SECOND: "disclosure.approved",
        E.APPROVE_URGENTLY: "disclosure.approved_urgently",
        E.APPROVE_BY_NOTICE: "disclosure.approved_by_notice",
        E.CONFIRM: "disclosure.confirmed",
        E.REFUSE: "disclosure.refused",
        E.WITHDRAW: "disclosure.withdrawn",
        E.LAPSE: "disclosure.lapsed",
        E.STOP: "disclosure.stopped",
        E.PACK: "disclosure.packed",
        E.OPEN: "disclosure.opened",
        E.SEND: "disclosure.sent",
        E.FETCH: "disclosure.fetched",
        E.FULFIL: "disclosure.fulfilled",
        E.END: "disclosure.ended",
        E.EXPIRE: "disclosure.expired",
        E.REVOKE: "disclosure.revoked",
    }
)
"""What the log calls each step."""

TOLD = MappingProxyType(
    {
        E.APPROVE_URGENTLY: Topic.DISCLOSURE_APPROVED_URGENTLY,
        E.REFUSE: Topic.DISCLOSURE_REFUSED,
        E.LAPSE: Topic.DISCLOSURE_LAPSED,
        E.STOP: Topic.DISCLOSURE_STOPPED,
        E.REVOKE: Topic.DISCLOSURE_REVOKED,
    }
)
"""The steps of which the controller's people are told."""

COLUMNS = frozenset(
    {
        "scope_sha256",
        "decided_at",
        "confirm_by",
        "confirmed_at",
        "carried_out_at",
        "until",
        "received_at",
        "duty_until",
        "duty_done_at",
        "ended_rule",
    }
)
"""What a step may write besides the state; `ended_at` follows from it."""


async def move(
    disclosure: Disclosure,
    event: DisclosureEvent,
    *,
    actor: UUID | None,
    now: datetime,
    details: Effect = MappingProxyType({}),
    clause: str | None = None,
    **columns: Any,
) -> Disclosure:
    """Take one step in the controller's open scope, and tell it in the log.

    Args:
        actor: who did it; None for the worker.
        details: what the log tells of it besides the kind: ids, counts and slugs.
        clause: which promise of the notice decided it.
        columns: what of `COLUMNS` becomes known with it.

    Returns:
        The disclosure as it stands then.

    Raises:
        Conflict: it is not in a state in which this can happen (any more).
        NotFound: it is gone.
    """
    unknown = columns.keys() - COLUMNS
    if unknown:
        raise TypeError(f"A step does not write {', '.join(sorted(unknown))}.")
    rows = await DB.fetch(
        "SELECT state, confirm_by, confirmed_at FROM disclosure WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        disclosure.tenant,
        disclosure.id,
    )
    if not rows:
        raise NotFound
    if event is E.FULFIL and rows[0]["confirm_by"] is not None and rows[0]["confirmed_at"] is None:
        raise Conflict("It was approved in an emergency, and the second person has not confirmed it yet.")
    try:
        state = after(DisclosureState(rows[0]["state"]), event)
    except StepRefused as refused:
        raise Conflict(str(refused)) from None
    written = {"state": state, **columns} | ({"ended_at": now} if state.over else {})
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(written, 3))
    await DB.fetch(
        f"UPDATE disclosure SET {sets} WHERE tenant_id = $1 AND id = $2",  # noqa: S608 - our own names
        disclosure.tenant,
        disclosure.id,
        *written.values(),
    )
    known = {"kind": disclosure.kind.value} | dict(details)
    if rule := columns.get("ended_rule"):
        known["rule"] = rule
    told = audit.Event(act=ACTS[event], actor=actor, object_id=disclosure.id, clause=clause, details=known)
    await audit.record(disclosure.tenant, told, now=now)
    if event in TOLD:
        about = {"kind": disclosure.kind.value} | ({"rule": rule} if rule else {})
        await tell(disclosure.tenant, TOLD[event], disclosure.id, audience=Audience.BOTH, now=now, details=about)
    return replace(disclosure, **written)
