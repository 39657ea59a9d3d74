"""Finding recordings, knowing one in detail, being let in to listen. A number stands in a body, never in a URL."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field

from tenants.decisions import Action
from tenants.policy import Citation, Policy
from tenants.recordings import Direction, Kind, PartClass, Segment
from tenants.vocabulary import HoldReason, RestrictedUse
from vault.access.accesses import Access, open_access
from vault.access.descriptions import Description, describe
from vault.access.kept import CONTENT, PEAKS, PLAYBACK, Kept, KeptPart
from vault.access.query import LIMIT_DEFAULT, LIMIT_MOST, Query
from vault.access.search import search
from vault.api.dependencies import FromCaller, InCustody

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]


class Search(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to find; all that is named must hold.

    `number` is any party's, in any spelling. The recording started at `from` or later, and before `to`.
    """

    number: Short | None = None
    agent_id: Short | None = None
    service_number: Short | None = None
    kinds: Annotated[list[Kind], Meta(max_length=len(Kind))] = []
    started_from: Moment | None = field(default=None, name="from")
    started_before: Moment | None = field(default=None, name="to")
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MOST)] = LIMIT_DEFAULT
    cursor: Annotated[str, Meta(max_length=200)] | None = None


class PartView(Struct, frozen=True, kw_only=True):
    """One part: whether it is live, and when it goes and by which promise.

    Without a `destroy_at` it goes with the contract. `held` says that something keeps it past that. `size` is in bytes.
    """

    name: str
    part_class: PartClass
    media_type: str
    size: int
    live: bool
    held: bool
    destroy_at: datetime | None
    promised_until: datetime | None
    clause: Citation | None
    destruction: UUID | None


class RecordingView(Struct, frozen=True, kw_only=True):
    """A recording at a glance. `contact`, `direction` and `ended_at` are null once the contact record has gone.

    `held_for` are the reasons of the holds that keep it past its day. `segments` tell which agent had it when, where it
    went from one to another; they are in the contact record.
    """

    id: UUID
    kind: Kind
    media_type: str
    started_at: datetime
    ended_at: datetime | None
    duration: float | None
    direction: Direction | None
    contact: dict[str, str | int] | None
    segments: list[Segment]
    parts: list[PartView]
    held_for: list[HoldReason]
    restricted: bool


class SearchPage(Struct, frozen=True, kw_only=True):
    """Recordings, newest first; `next` is the cursor of the page after, or null."""

    items: list[RecordingView]
    next: str | None


class PurposeView(Struct, frozen=True, kw_only=True):
    """A purpose for which the caller may listen to this recording now."""

    id: str
    title: str


class RecordingDetail(RecordingView, frozen=True, kw_only=True):
    """A recording in detail: what a decoder found in it, while it lives, and what the caller may use it for."""

    facts: dict[str, Any]
    purposes: list[PurposeView]


class AccessRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody listens: a purpose of the policy, and a reason in 3 to 500 characters.

    What is restricted is listened to for a `restricted_use` (Art. 18(2)) in the purpose's place.
    """

    purpose: Short | None = None
    restricted_use: RestrictedUse | None = None
    reason: Annotated[str, Meta(max_length=2000)]


class ExcerptView(Struct, frozen=True, kw_only=True):
    """A stretch of a recording, from and until which millisecond; `url` gives its sound."""

    starts_ms: int
    ends_ms: int
    url: str


class AccessView(Struct, frozen=True, kw_only=True):
    """Leave to listen until `expires_at`.

    `content_url` gives what was delivered (`media_type`, `size` in bytes); `playback_url` the same sound as a browser
    plays it, which differs where browsers lack the codec; `peaks_url` its waveform; `text_url` a transcript to read.

    Where only some of it is within reach, such as one's own segments of a transferred call, `excerpts` are what is
    heard, and `content_url` gives the first of them.
    """

    id: UUID
    recording: UUID
    purpose: str
    restricted_use: RestrictedUse | None
    granted_at: datetime
    expires_at: datetime
    media_type: str
    size: int
    content_url: str
    playback_url: str | None
    peaks_url: str | None
    text_url: str | None
    excerpts: list[ExcerptView] = []


@post("/recordings/search", operation_id="search_recordings", status_code=200, opt={"action": Action.SEARCH})
async def search_recordings(data: JSONBody[Search], custody: InCustody, caller: FromCaller) -> SearchPage:
    """Find recordings by number, agent, kind, service number and time."""
    query = Query(
        number=data.number,
        agent_id=data.agent_id,
        service_number=data.service_number,
        kinds=tuple(data.kinds),
        started_from=data.started_from,
        started_before=data.started_before,
        limit=data.limit,
        cursor=data.cursor,
    )
    page = await search(custody, caller, query)
    return SearchPage(items=[RecordingView(**_glance(held)) for held in page.results], next=page.cursor)


@get("/recordings/{recording_id:uuid}", operation_id="describe_recording", opt={"action": Action.SEARCH})
async def describe_recording(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RecordingDetail:
    """One recording: its parts, why and when each goes, and the purposes for which the caller may listen."""
    return _detail(await describe(custody, caller, recording_id))


@post("/recordings/{recording_id:uuid}/accesses", operation_id="open_access", opt={"action": Action.LISTEN})
async def create_access(
    recording_id: FromPath[UUID], data: JSONBody[AccessRequest], custody: InCustody, caller: FromCaller
) -> AccessView:
    """Be let in to listen, for a purpose and a reason, for a quarter of an hour."""
    opened = await open_access(
        custody,
        caller,
        recording_id,
        purpose=data.purpose,
        reason=data.reason,
        restricted_use=data.restricted_use,
    )
    return access_view(opened)


def _glance(held: Kept) -> dict[str, Any]:
    recording, contact = held.recording, held.contact
    return {
        "id": recording.id,
        "kind": recording.kind,
        "media_type": recording.media_type,
        "started_at": recording.started_at,
        "ended_at": contact.ended_at if contact else None,
        "duration": recording.duration,
        "direction": contact.direction if contact else None,
        "contact": contact.fields if contact else None,
        "segments": list(held.segments),
        "parts": [_part(part, part.is_live(recording.at)) for part in recording.parts],
        "held_for": [HoldReason(reason) for reason in recording.holds],
        "restricted": recording.is_restricted,
    }


def _part(part: KeptPart, live: bool) -> PartView:
    return PartView(
        name=part.name,
        part_class=part.part_class,
        media_type=part.media_type,
        size=part.size,
        live=live,
        held=part.is_held,
        destroy_at=part.destroy_at,
        promised_until=part.promised_until,
        clause=part.citation,
        destruction=part.destruction_id,
    )


def _detail(description: Description) -> RecordingDetail:
    held = description.held
    policy: Policy = held.tenancy.policy
    return RecordingDetail(
        **_glance(held),
        facts=held.recording.facts if held.recording.live(CONTENT) else {},
        purposes=[
            PurposeView(id=purpose, title=policy.purposes.allowed[purpose].title) for purpose in description.purposes
        ],
    )


def access_view(access: Access) -> AccessView:
    """Where what may be heard under an access is to be had."""
    recording = access.held.recording
    content = recording.part(CONTENT)
    url = f"/v1/accesses/{access.id}/content"
    is_sound, excerpts = recording.is_sound, _excerpts(access, url)
    heard = excerpts[0].url if excerpts and is_sound else url
    return AccessView(
        id=access.id,
        recording=recording.id,
        purpose=access.purpose,
        restricted_use=access.restricted_use,
        granted_at=access.granted_at,
        expires_at=access.expires_at,
        media_type=content.media_type if content else recording.media_type,
        size=content.size if content else 0,
        content_url=heard,
        playback_url=(f"{url}?as=playback" if recording.live(PLAYBACK) and not excerpts else heard)
        if is_sound
        else None,
        peaks_url=f"/v1/accesses/{access.id}/peaks" if recording.live(PEAKS) and not excerpts else None,
        text_url=None if is_sound else f"{url}?as=text",
        excerpts=excerpts,
    )


def _excerpts(access: Access, url: str) -> list[ExcerptView]:
    """The turns of a chat come in one piece, so that all of its excerpts have the same address."""
    is_sound = access.held.recording.is_sound
    return [
        ExcerptView(starts_ms=starts, ends_ms=ends, url=f"{url}?excerpt={number}" if is_sound else f"{url}?as=text")
        for number, (starts, ends) in enumerate(access.excerpts, start=1)
    ]


router = Router(path="/v1", tags=["recordings"], route_handlers=[search_recordings, describe_recording, create_access])
