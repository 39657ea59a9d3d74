"""What comes in and what was refused of late, for those who answer for it; what machines send is in `uploads`."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from litestar import Router, get
from msgspec import Struct, convert

from tenants.decisions import Action
from tenants.policy import Citation
from tenants.recordings import Kind
from vault.api.dependencies import FromCaller, InCustody
from vault.ingest import arrivals


class UnderWayView(Struct, frozen=True, kw_only=True):
    """An upload that waits for bytes; with its last one it becomes the recording of this id.

    `resumable`: it comes in several requests; of what comes in one, nothing is `received` before all is. Sizes are in
    bytes. At `expires_at` it is given up, unless more has come.
    """

    id: UUID
    machine: UUID
    name: str
    length: int
    received: int
    resumable: bool
    began_at: datetime
    expires_at: datetime


class ReceivedView(Struct, frozen=True, kw_only=True):
    """How many recordings of a kind have come since midnight (`today`), and in the last hour."""

    kind: Kind
    today: int
    hour: int


class TurnedAwayView(Struct, frozen=True, kw_only=True):
    """How often recordings were refused by these rules in the last seven days, and the first promise they rest on.

    Of all that were refused the newest ten thousand are counted.
    `clause` is null where the notice in force has no clause of the name `clause_id` any more.
    """

    rules: list[str]
    clause_id: str | None
    clause: Citation | None
    times: int
    last_at: datetime


class ArrivalsView(Struct, frozen=True, kw_only=True):
    """How ingest stands. `uploads` counts all that are under way, of which the newest hundred are listed.

    `refused_more`: more were refused in these days than the newest ten thousand, which alone are counted in `refused`.
    """

    newest_at: datetime | None
    uploads: int
    under_way: list[UnderWayView]
    received: list[ReceivedView]
    refused: list[TurnedAwayView]
    refused_more: bool


@get("/arrivals", operation_id="read_arrivals", opt={"action": Action.READ_ARRIVALS})
async def read_arrivals(custody: InCustody, caller: FromCaller) -> ArrivalsView:
    """Uploads under way, what has come today by kind, and what was refused of late, by rule."""
    return convert(asdict(await arrivals.arrivals(custody, caller)), ArrivalsView)


router = Router(path="/v1", tags=["uploads"], route_handlers=[read_arrivals])
