"""Why somebody listens is asked once, and kept on their desk for as long as they work under it."""

from typing import Annotated
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import RestrictedUse
from vault.access.accesses import checked_reason, open_access
from vault.access.descriptions import describe
from vault.access.ending import end_access
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.desk import Desk, leave_desk, read_desk
from vault.console.forms import fields, shaped
from vault.console.recordings.hearing import titles
from vault.console.recordings.showing import recording_page
from vault.console.recordings.views import RECORDINGS, View
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid

AT = "#listening"


class Why(Struct, frozen=True, kw_only=True):
    """The form before listening. `kept` says that what stands on the desk still holds; `at` is where to go on."""

    purpose: str | None = None
    restricted_use: RestrictedUse | None = None
    reason: str | None = None
    kept: bool = False
    at: Annotated[float, Meta(ge=0, le=1e6)] = 0


@post(f"{RECORDINGS}/{{recording_id:uuid}}/listen", opt={"action": Action.LISTEN})
async def listen(
    request: HTMXRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Be let in, for the purpose that is named or stands on the desk."""
    given = fields(await request.form())
    desk = await read_desk(custody, request)
    try:
        why = shaped(given, Why)
        access = await _let_in(custody, caller, recording_id, why, desk)
    except Invalid as error:
        return await recording_page(
            request, custody, caller, recording_id, status=422, problems=error.problems, form=given
        )
    await leave_desk(custody, request, desk)
    further = {"access": str(access)} | ({"at": f"{why.at:.1f}"} if why.at else {})
    return elsewhere(View.of(request.query_params).of_recording(recording_id, **further) + AT)


@post(f"{RECORDINGS}/{{recording_id:uuid}}/purpose", opt={"action": Action.LISTEN})
async def change_purpose(
    request: HTMXRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Name another purpose or reason, without listening yet."""
    given = fields(await request.form())
    desk = await read_desk(custody, request)
    try:
        why = shaped(given, Why)
        known = titles(await describe(custody, caller, recording_id))
        if why.purpose not in known:
            raise Invalid("State a purpose.", [FieldProblem("purpose", "missing", "State why you listen.")])
        desk.reason = checked_reason(why.reason or "")
    except Invalid as error:
        return await recording_page(
            request, custody, caller, recording_id, status=422, problems=error.problems, form=given
        )
    desk.purpose, desk.title = why.purpose, known[why.purpose]
    await leave_desk(custody, request, desk)
    return elsewhere(View.of(request.query_params).of_recording(recording_id), done="changed")


@post(f"{RECORDINGS}/{{recording_id:uuid}}/listen/{{access_id:uuid}}/end", opt={"action": Action.LISTEN})
async def stop_listening(
    request: HTMXRequest,
    recording_id: FromPath[UUID],
    access_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """End one's access before its time."""
    await end_access(custody, caller, access_id)
    return elsewhere(View.of(request.query_params).of_recording(recording_id), done="ended")


async def _let_in(custody: Custody, caller: Caller, recording_id: UUID, why: Why, desk: Desk) -> UUID:
    """The access; what was said stands on the desk then, unless it was what Art. 18(2) allows this once."""
    purpose, reason = (desk.purpose, desk.reason) if why.kept else (why.purpose, why.reason)
    if purpose is None and why.restricted_use is None:
        raise Invalid("State a purpose.", [FieldProblem("purpose", "missing", "State why you listen.")])
    opened = await open_access(
        custody,
        caller,
        recording_id,
        purpose=None if why.restricted_use else purpose,
        reason=reason or "",
        restricted_use=why.restricted_use,
    )
    if why.restricted_use is None and purpose is not None:
        desk.purpose, desk.reason = purpose, checked_reason(reason or "")
        desk.title = opened.held.tenancy.policy.purposes.allowed[purpose].title
    return opened.id
