"""Unusual volume: who of the staff listened or looked far more than is their habit. No customer is looked at."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.oversight import Measure
from vault.api.dependencies import FromCaller, InCustody
from vault.oversight import unusual_reading
from vault.oversight.unusual import Span
from vault.oversight.unusual_reading import Unusual


class Closing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the DPO found out."""

    words: Annotated[str, Meta(min_length=1, max_length=2000)]


class UnusualView(Struct, frozen=True, kw_only=True):
    """So many accesses of one person's within a day or an hour, where `usual` is the median of their days.

    With the measure `looks` they are searches, pages of them, and recordings that were looked at without being heard.
    One that was closed and went on is open again, with the `words` of its closing.
    """

    id: UUID
    member: UUID
    measure: Measure
    span: Span
    day: date
    accesses: int
    usual: int
    threshold: int
    flagged_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    words: str | None


class UnusualList(Struct, frozen=True, kw_only=True):
    """What was flagged, newest first."""

    items: list[UnusualView]


@get("/unusual", operation_id="list_unusual", opt={"action": Action.READ_UNUSUAL})
async def list_unusual(custody: InCustody, caller: FromCaller, waiting: FromQuery[bool] = False) -> UnusualList:
    """Who of the staff listened or looked far more than is their habit; with `waiting`, what the DPO has not closed."""
    found = await unusual_reading.listed(custody, caller, waiting=waiting)
    return UnusualList(items=[_view(one) for one in found])


@post(
    "/unusual/{unusual_id:uuid}/close",
    operation_id="close_unusual",
    status_code=200,
    opt={"action": Action.CLOSE_UNUSUAL},
)
async def close_unusual(
    unusual_id: FromPath[UUID], data: JSONBody[Closing], custody: InCustody, caller: FromCaller
) -> UnusualView:
    """Close it with words, as the DPO; nobody closes what is about themselves."""
    return _view(await unusual_reading.close(custody, caller, unusual_id, words=data.words))


def _view(found: Unusual) -> UnusualView:
    return msgspec.convert(found, UnusualView, from_attributes=True)


router = Router(path="/v1", tags=["unusual"], route_handlers=[list_unusual, close_unusual])
