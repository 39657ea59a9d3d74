"""When and why each listen happened is told to a data subject (C-579/21), its reason once somebody has looked at it.

A reason is what a person of the staff wrote: it may name them, or somebody else. The purpose is told in any case.
"""

from uuid import UUID

from tenants.subject_rules import GIVES_A_COPY
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.packages.listens import Listen, listens_of
from vault.packages.parts import find as find_recording
from vault.subjects import rows
from vault.subjects.finding import of_request
from vault.subjects.model import SubjectRequest
from vault.subjects.reading import admit
from vault.subjects.receiving import record
from vault.subjects.steps import reloaded, require_open


async def listens(custody: Custody, caller: Caller, request_id: UUID) -> list[tuple[UUID, Listen]]:
    """Each listen to what was found for a request, with its reason while that is readable; the log says who looked.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
        Altered: a reason is not what was written.
    """
    _, request = await admit(custody, caller, request_id)
    found: list[tuple[UUID, Listen]] = []
    for candidate in await of_request(custody, request):
        kept = await find_recording(custody, caller.tenant, candidate.id)
        found += [(candidate.id, one) for one in await listens_of(custody, kept, with_reasons=True)]
    event = audit.Event(
        act="subject_request.listens_read", actor=caller.id, object_id=request.id, details={"listens": len(found)}
    )
    async with tenant_scope(caller.tenant):
        await audit.record(caller.tenant, event, now=custody.clock.now())
    return found


async def review_reasons(custody: Custody, caller: Caller, request_id: UUID) -> SubjectRequest:
    """Record that the reasons of all listens until now say nothing of others, so that they are told with the copy.

    Raises:
        NotFound, NotAllowed: as `listens`.
        Conflict: it is not known who asks, the request asks for no copy, or it is answered.
    """
    _, request = await admit(custody, caller, request_id)
    require_open(request, GIVES_A_COPY)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        request = (await rows.fetch(caller.tenant, request_id, lock=True)).request
        await rows.update(request, reasons_reviewed_at=now, reasons_reviewed_by=caller.id)
        await record(request, "subject_request.reasons_reviewed", caller.id, now)
    return await reloaded(custody, request)
