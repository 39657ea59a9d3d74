"""What is disclosed to be heard and not to be had: a grant to a company of the group, a review at a place."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from tenants.recordings import Kind
from tenants.vocabulary import DisclosureKind
from vault.access.accesses import Access
from vault.access.kept import PEAKS
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.recordings import Short
from vault.disclosure.model import Item
from vault.grants.hearing import hear
from vault.grants.looking import Grant, look
from vault.grants.reviewing import close_session, open_session
from vault.grants.rows import Session


class HearingRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which recording is to be heard, for which purpose of the grant, and why, in 3 to 500 characters.

    In a review at a place the purpose is `on_site_review`.
    """

    recording: UUID
    purpose: Short
    reason: Annotated[str, Meta(max_length=2000)]


class HearingView(Struct, frozen=True, kw_only=True):
    """Leave to listen until `expires_at`: sound under `playback_urls` (one for each excerpt, or the whole), or text."""

    id: UUID
    disclosure: UUID
    recording: UUID
    purpose: str
    granted_at: datetime
    expires_at: datetime
    playback_urls: list[str]
    peaks_url: str | None
    text_url: str | None


class GrantedRecording(Struct, frozen=True, kw_only=True):
    """A recording that may be heard; `excerpts` are the milliseconds from and until which, where not all of it may."""

    id: UUID
    kind: Kind | None
    started_at: datetime | None
    duration: float | None
    excerpts: list[tuple[int, int]]


class SessionView(Struct, frozen=True, kw_only=True):
    """A review as it is, or was, held: by whom, and the document with its minutes."""

    disclosure: UUID
    supervisor: UUID
    opened_at: datetime
    closed_at: datetime | None
    minutes: UUID | None


class GrantView(Struct, frozen=True, kw_only=True):
    """What may be heard under a disclosure, for which purpose and until when; `place` and `session` are a review's."""

    disclosure: UUID
    kind: DisclosureKind
    state: DisclosureState
    purpose: str | None
    starts_at: datetime | None
    until: datetime | None
    recordings: list[GrantedRecording]
    place: str | None
    session: SessionView | None


class Minutes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was heard in a review, by whom, and what was said of it; sealed, as a document of the disclosure."""

    minutes: Annotated[str, Meta(max_length=20_000)]


@get(
    "/disclosures/{disclosure_id:uuid}/grant",
    operation_id="read_grant",
    opt={"action": (Action.RECEIVE_DISCLOSURE, Action.SUPERVISE_REVIEW)},
)
async def read_grant(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> GrantView:
    """What may be heard, for those named to hear it, who supervise a review, or decide on disclosures."""
    return _grant(await look(custody, caller, disclosure_id))


@post(
    "/disclosures/{disclosure_id:uuid}/accesses",
    operation_id="hear_disclosed",
    opt={"action": (Action.RECEIVE_DISCLOSURE, Action.SUPERVISE_REVIEW)},
)
async def hear_disclosed(
    disclosure_id: FromPath[UUID], data: JSONBody[HearingRequest], custody: InCustody, caller: FromCaller
) -> HearingView:
    """Be let in to listen to one recording of a grant, for a quarter of an hour. There is no copy and no download."""
    sent = {"purpose": data.purpose, "reason": data.reason}
    return _hearing(await hear(custody, caller, disclosure_id, data.recording, **sent), disclosure_id)


@post(
    "/disclosures/{disclosure_id:uuid}/session",
    operation_id="open_review_session",
    opt={"action": Action.SUPERVISE_REVIEW},
)
async def create_session(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> SessionView:
    """Begin a review as its supervisor, at the device of this sign-in and no other."""
    return _session(await open_session(custody, caller, disclosure_id))


@post(
    "/disclosures/{disclosure_id:uuid}/session/closing",
    operation_id="close_review_session",
    status_code=200,
    request_max_body_size=LARGE_BODY,
    opt={"action": Action.SUPERVISE_REVIEW},
)
async def end_session(
    disclosure_id: FromPath[UUID], data: JSONBody[Minutes], custody: InCustody, caller: FromCaller
) -> SessionView:
    """End a review with its minutes; whatever is being heard stops."""
    return _session(await close_session(custody, caller, disclosure_id, data.minutes))


def _hearing(access: Access, disclosure_id: UUID) -> HearingView:
    recording, url = access.held.recording, f"/v1/accesses/{access.id}/content"
    excerpts = access.granted.excerpts if access.granted else ()
    numbered = [f"{url}?excerpt={number}" for number in range(1, len(excerpts) + 1)]
    return HearingView(
        id=access.id,
        disclosure=disclosure_id,
        recording=recording.id,
        purpose=access.purpose,
        granted_at=access.granted_at,
        expires_at=access.expires_at,
        playback_urls=(numbered or [url]) if recording.is_sound else [],
        peaks_url=f"/v1/accesses/{access.id}/peaks" if recording.live(PEAKS) and not excerpts else None,
        text_url=None if recording.is_sound else url,
    )


def _grant(grant: Grant) -> GrantView:
    disclosure = grant.disclosure
    return GrantView(
        disclosure=disclosure.id,
        kind=disclosure.kind,
        state=disclosure.state,
        purpose=disclosure.terms.purpose,
        starts_at=disclosure.terms.valid_from,
        until=disclosure.until or disclosure.terms.valid_until,
        recordings=[_recording(item) for item in disclosure.given if item.limits.content],
        place=grant.place,
        session=_session(grant.session) if grant.session else None,
    )


def _recording(item: Item) -> GrantedRecording:
    return GrantedRecording(
        id=item.recording_id,
        kind=item.kind,
        started_at=item.started_at,
        duration=None if item.duration_ms is None else item.duration_ms / 1000,
        excerpts=list(item.limits.excerpts),
    )


def _session(session: Session) -> SessionView:
    return SessionView(
        disclosure=session.disclosure_id,
        supervisor=session.supervisor_id,
        opened_at=session.opened_at,
        closed_at=session.closed_at,
        minutes=session.minutes_id,
    )


router = Router(path="/v1", tags=["grants"], route_handlers=[read_grant, hear_disclosed, create_session, end_session])
