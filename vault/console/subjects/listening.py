"""When and why a recording was listened to, for whoever answers its data subject (C-579/21); who, where essential."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.listens import Essential
from vault.colleagues import names
from vault.console.forms import read
from vault.console.rendering import page
from vault.console.subjects.listing import ASKED
from vault.custody.custody import Custody
from vault.errors import Invalid
from vault.policies.versions import in_force
from vault.subjects.listening import Listened, listened, listeners

AnyRequest = Request[Caller, Any, Any]
LISTENS = "/recordings/{recording_id:uuid}/listens"


@get(LISTENS, opt=ASKED)
async def show_listens(
    request: AnyRequest, custody: InCustody, caller: FromCaller, recording_id: FromPath[UUID]
) -> Response[str]:
    """Each listen with its time and purpose, and nobody's name."""
    found = await listened(custody, caller, recording_id)
    return await _shown(request, custody, caller, recording_id, found)


@post(LISTENS, opt={"action": Action.NAME_LISTENERS})
async def show_listeners(
    request: AnyRequest, custody: InCustody, caller: FromCaller, recording_id: FromPath[UUID]
) -> Response[str]:
    """The same with who listened, for the DPO who says why that is essential; shown once, in the answer alone."""
    try:
        data = await read(request, Essential)
    except Invalid as error:
        found, problems = await listened(custody, caller, recording_id), list(error.problems)
        return await _shown(request, custody, caller, recording_id, found, status=422, problems=problems)
    found = await listeners(custody, caller, recording_id, reason=data.reason)
    return await _shown(request, custody, caller, recording_id, found, named=True)


async def _shown(
    request: AnyRequest,
    custody: Custody,
    caller: Caller,
    recording: UUID,
    found: Listened,
    *,
    named: bool = False,
    **told: Any,
) -> Response[str]:
    members = [each.member for each in found.listens] + [each.member for each in found.consultations]
    who = {member for member in members if member} | {each.by for each in found.named}
    allowed = (await in_force(custody, caller)).purposes.allowed
    return page(
        request,
        "subjects/listens.html",
        recording=recording,
        found=found,
        named=named,
        names=await names(caller, who, reading=Action.HANDLE_SUBJECT_REQUEST),
        titles={name: purpose.title for name, purpose in allowed.items()},
        may_name=caller.may(Action.NAME_LISTENERS),
        **told,
    )


HANDLERS = [show_listens, show_listeners]
