"""What keeps a recording past its day or from use, who placed it, and when each of its parts goes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import asdict

from tenants.decisions import Action
from tenants.keeping import Change, Fate, ReasonKind, State
from tenants.policy import Citation
from tenants.recordings import PartClass
from tenants.vocabulary import HoldReason, RestrictionGround
from vault.api.dependencies import FromCaller, InCustody
from vault.keeping.explaining import explain, live_holds, live_restrictions, reasons_of
from vault.keeping.placing import Known, lift_restriction, note_told, place_hold, release_hold, restrict
from vault.keeping.standing import StandingPart

Moment = Annotated[datetime, Meta(tz=True)]
Note = Annotated[str, Meta(max_length=4000)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class HoldRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a recording is to stay past its day, in words for those who may know, and until when if that is known."""

    reason: HoldReason
    note: Note | None = None
    until: Moment | None = None


class RestrictionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which ground of Art. 18(1) a recording is stored and not used."""

    ground: RestrictionGround
    note: Note | None = None
    until: Moment | None = None


class HoldView(Struct, frozen=True, kw_only=True):
    """One hold; `released_by` is null where it ended on its date. The note is readable while the hold lives."""

    id: UUID
    recording: UUID
    reason: HoldReason
    note: str | None
    placed_by: UUID
    placed_at: datetime
    until: datetime | None
    released_by: UUID | None
    released_at: datetime | None
    bulk_hold: UUID | None


class RestrictionView(Struct, frozen=True, kw_only=True):
    """One restriction; it is not lifted before the data subject was told (Art. 18(3))."""

    id: UUID
    recording: UUID
    ground: RestrictionGround
    note: str | None
    placed_by: UUID
    placed_at: datetime
    until: datetime | None
    subject_told_at: datetime | None
    lifted_by: UUID | None
    lifted_at: datetime | None


class HoldPage(Struct, frozen=True, kw_only=True):
    """Holds; `next` is the cursor of the page after, or null."""

    items: list[HoldView]
    next: UUID | None


class RestrictionPage(Struct, frozen=True, kw_only=True):
    """Restrictions; `next` is the cursor of the page after, or null."""

    items: list[RestrictionView]
    next: UUID | None


class KeptByView(Struct, frozen=True, kw_only=True):
    """A live reason that keeps a part: `ground` is that of its `kind`; it rests on a statute or on a clause."""

    id: UUID
    kind: ReasonKind
    ground: str
    by: UUID
    since: datetime
    until: datetime | None
    statute: str | None
    clause: Citation | None


class FateView(Struct, frozen=True, kw_only=True):
    """What becomes of one part. `goes_at` is null while it waits for a reason whose end nobody knows."""

    name: str
    part_class: PartClass
    state: State
    day: datetime
    goes_at: datetime | None
    clause: Citation
    kept_by: list[KeptByView]
    would_change: tuple[Change, ...]


class RetentionView(Struct, frozen=True, kw_only=True):
    """When each part of a recording goes, by which clause, what keeps it and what would change that."""

    recording: UUID
    at: datetime
    restricted: bool
    parts: list[FateView]


@get(
    "/recordings/{recording_id:uuid}/retention",
    operation_id="explain_retention",
    tags=["retention"],
    opt={"action": Action.READ_RETENTION},
)
async def explain_retention(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RetentionView:
    """When each part goes, by which promise, what keeps it, and what would change that."""
    told = await explain(custody, caller, recording_id)
    parts = [_fate(part, fate) for part, fate in told.parts]
    return RetentionView(recording=recording_id, at=told.at, restricted=told.restricted, parts=parts)


@post("/recordings/{recording_id:uuid}/holds", operation_id="place_hold", opt={"action": Action.HOLD})
async def create_hold(
    recording_id: FromPath[UUID], data: JSONBody[HoldRequest], custody: InCustody, caller: FromCaller
) -> HoldView:
    """Keep a recording past its day, with all that is derived from it; one of any number of holds on it."""
    return hold_view(
        await place_hold(custody, caller, recording_id, reason=data.reason, note=data.note, until=data.until)
    )


@get(
    "/recordings/{recording_id:uuid}/holds", operation_id="list_recording_holds", opt={"action": Action.READ_RETENTION}
)
async def list_recording_holds(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> HoldPage:
    """Every hold there is or was on a recording, the earliest first, with its note while it lives."""
    found = await reasons_of(custody, caller, recording_id, ReasonKind.HOLD)
    return HoldPage(items=[hold_view(known) for known in found], next=None)


@get("/holds", operation_id="list_holds", opt={"action": Action.READ_RETENTION})
async def list_holds(
    custody: InCustody,
    caller: FromCaller,
    reason: FromQuery[HoldReason | None] = None,
    cursor: FromQuery[UUID | None] = None,
    limit: Limit = 50,
) -> HoldPage:
    """The controller's live holds, the newest first."""
    found = await live_holds(custody, caller, reason=reason, after=cursor, limit=limit)
    return HoldPage(items=[hold_view(known) for known in found[:limit]], next=_next(found, limit))


@post("/holds/{hold_id:uuid}/release", operation_id="release_hold", status_code=200, opt={"action": Action.RELEASE})
async def end_hold(hold_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> HoldView:
    """End a hold: the day is again what was promised, and where it has passed and nothing else keeps it, it goes."""
    return hold_view(await release_hold(custody, caller, hold_id))


@post(
    "/recordings/{recording_id:uuid}/restrictions", operation_id="restrict_recording", opt={"action": Action.RESTRICT}
)
async def create_restriction(
    recording_id: FromPath[UUID], data: JSONBody[RestrictionRequest], custody: InCustody, caller: FromCaller
) -> RestrictionView:
    """Store a recording and keep it from every use but those that Art. 18(2) allows."""
    placed = await restrict(custody, caller, recording_id, ground=data.ground, note=data.note, until=data.until)
    return _restriction(placed)


@get(
    "/recordings/{recording_id:uuid}/restrictions",
    operation_id="list_recording_restrictions",
    opt={"action": Action.READ_RETENTION},
)
async def list_recording_restrictions(
    recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> RestrictionPage:
    """Every restriction there is or was on a recording, the earliest first."""
    found = await reasons_of(custody, caller, recording_id, ReasonKind.RESTRICTION)
    return RestrictionPage(items=[_restriction(known) for known in found], next=None)


@get("/restrictions", operation_id="list_restrictions", opt={"action": Action.LIFT})
async def list_restrictions(
    custody: InCustody, caller: FromCaller, cursor: FromQuery[UUID | None] = None, limit: Limit = 50
) -> RestrictionPage:
    """The controller's live restrictions, the newest first."""
    found = await live_restrictions(custody, caller, after=cursor, limit=limit)
    return RestrictionPage(items=[_restriction(known) for known in found[:limit]], next=_next(found, limit))


@post(
    "/restrictions/{restriction_id:uuid}/told",
    operation_id="record_subject_told",
    status_code=200,
    opt={"action": Action.LIFT},
)
async def record_told(restriction_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RestrictionView:
    """Record that the data subject was told that the restriction is about to be lifted (Art. 18(3))."""
    return _restriction(await note_told(custody, caller, restriction_id))


@post(
    "/restrictions/{restriction_id:uuid}/lift",
    operation_id="lift_restriction",
    status_code=200,
    opt={"action": Action.LIFT},
)
async def end_restriction(restriction_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RestrictionView:
    """Lift a restriction, after the data subject was told."""
    return _restriction(await lift_restriction(custody, caller, restriction_id))


def hold_view(known: Known) -> HoldView:
    """A hold as the API shows it."""
    reason = known.reason
    return HoldView(
        id=reason.id,
        recording=known.recording,
        reason=HoldReason(reason.ground),
        note=known.note,
        placed_by=reason.by,
        placed_at=reason.since,
        until=reason.until,
        released_by=known.ended_by,
        released_at=reason.ended_at,
        bulk_hold=known.bulk,
    )


def _restriction(known: Known) -> RestrictionView:
    reason = known.reason
    return RestrictionView(
        id=reason.id,
        recording=known.recording,
        ground=RestrictionGround(reason.ground),
        note=known.note,
        placed_by=reason.by,
        placed_at=reason.since,
        until=reason.until,
        subject_told_at=reason.told_at,
        lifted_by=known.ended_by,
        lifted_at=reason.ended_at,
    )


def _fate(part: StandingPart, fate: Fate) -> FateView:
    return FateView(
        name=part.name,
        part_class=part.facts.part_class,
        state=fate.state,
        day=fate.day,
        goes_at=fate.goes_at,
        clause=fate.clause,
        kept_by=[KeptByView(**asdict(reason)) for reason in fate.kept_by],
        would_change=fate.would_change,
    )


def _next(found: list[Known], limit: int) -> UUID | None:
    return found[limit - 1].reason.id if len(found) > limit else None


router = Router(
    path="/v1",
    tags=["holds"],
    route_handlers=[
        explain_retention,
        create_hold,
        list_recording_holds,
        list_holds,
        end_hold,
        create_restriction,
        list_recording_restrictions,
        list_restrictions,
        record_told,
        end_restriction,
    ],
)
