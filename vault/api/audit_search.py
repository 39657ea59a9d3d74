"""The audit log searched, and taken out in the form that a spreadsheet or a SIEM reads."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.events.table import ACTS
from vault import evidence
from vault.api.dependencies import FromCaller, InCustody
from vault.auditing.exporting import MEDIA_TYPES, Form
from vault.auditing.searching import Wanted
from vault.errors import FieldProblem, Invalid

Word = Annotated[str, Meta(pattern="^[a-z][a-z0-9._-]{0,63}$")]

Aware = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset from UTC."""

MOST_ACTS = 50


class AuditSearch(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """Which events are looked for; what is absent is not asked. `from` is included, `to` is not.

    `object` follows one thing, such as a recording; `actor` one member. `cursor` is the `next` of the page before.
    """

    acts: Annotated[tuple[Word, ...], Meta(max_length=MOST_ACTS)] = ()
    actor: UUID | None = None
    object: UUID | None = None
    purpose: Word | None = None
    outcome: Annotated[str, Meta(pattern="^(done|refused)$")] | None = None
    since: Aware | None = None
    until: Aware | None = None
    cursor: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class AuditEvent(Struct, frozen=True, kw_only=True):
    """One event: who did what to which thing, for which purpose, under which clause, and how it ended.

    `leaf` is its leaf hash in the log (hex): SHA-256(0x00 || the other fields but `seq`, as RFC 8785 writes them).
    """

    seq: int
    leaf: str
    at: datetime
    act: str
    actor: UUID | None
    object: UUID | None
    purpose: str | None
    clause: str | None
    outcome: str
    request: UUID | None
    details: dict[str, Any]


class FoundEvents(Struct, frozen=True, kw_only=True):
    """Events, the newest first; `next` is the `cursor` of the next page, or null where there is none."""

    items: list[AuditEvent]
    next: int | None


@post("/audit/search", operation_id="search_audit", status_code=200, opt={"action": Action.READ_AUDIT})
async def search_audit(data: JSONBody[AuditSearch], custody: InCustody, caller: FromCaller) -> FoundEvents:
    """Search the log: one recording's story, one person's acts, every refusal. The search itself stands in it."""
    wanted = Wanted(
        acts=_known(data.acts),
        actor=data.actor,
        object_id=data.object,
        purpose=data.purpose,
        outcome=data.outcome,
        since=data.since,
        until=data.until,
    )
    found = await evidence.search(custody, caller, wanted, before=data.cursor, limit=data.limit)
    items = [msgspec.convert(asdict(event), AuditEvent, strict=False) for event in found]
    return FoundEvents(items=items, next=items[-1].seq if len(items) == data.limit else None)


@get(
    "/audit/export",
    operation_id="export_audit",
    opt={"action": Action.READ_AUDIT, "file": tuple(MEDIA_TYPES.values())},
    responses={
        200: ResponseSpec(
            bytes,
            description="The events in order, in the form that was asked for",
            media_type="application/jsonl",
            generate_examples=False,
        )
    },
)
async def export_audit(
    custody: InCustody,
    caller: FromCaller,
    form: Annotated[Form, QueryParameter(name="format")] = Form.JSONL,
    after: Annotated[int, QueryParameter(ge=0, le=2**53 - 1)] = 0,
    since: Annotated[datetime | None, QueryParameter(name="from")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to")] = None,
    actor: FromQuery[UUID | None] = None,
    object_id: Annotated[UUID | None, QueryParameter(name="object")] = None,
) -> Stream:
    """Take the log out as it stands: JSON Lines, CSV, OCSF 1.8 as JSON Lines, or CEF. That stands in the log."""
    wanted = Wanted(actor=actor, object_id=object_id, since=_aware(since, "from"), until=_aware(until, "to"))
    pieces: AsyncIterator[bytes] = await evidence.export(custody, caller, form, wanted, after=after)
    name = f"audit.{'jsonl' if form is Form.OCSF else form.value}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Stream(pieces, media_type=MEDIA_TYPES[form], headers=headers)


def _known(acts: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [act for act in acts if act not in ACTS]:
        rule = f"There is no act {unknown[0]}: infra/audit-events.md has them all."
        raise Invalid("Nothing can be searched for.", [FieldProblem("acts", "known", rule)])
    return acts


def _aware(moment: datetime | None, field: str) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        rule = "Say the offset from UTC too, such as 2026-05-01T00:00:00Z."
        raise Invalid("A moment is not one.", [FieldProblem(field, "time-zone", rule)])
    return moment


router = Router(path="/v1", tags=["audit"], route_handlers=[search_audit, export_audit])
