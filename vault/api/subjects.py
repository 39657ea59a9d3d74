"""What data subjects ask for: recorded, checked who asks, found, met or refused with a reason, in time."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from tenants.decisions import Action
from tenants.subject_rules import RequestState
from tenants.vocabulary import Right
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, view
from vault.api.subject_views import (
    Answering,
    Candidates,
    Copy,
    DisclosureRef,
    Erasing,
    Extension,
    Identification,
    NewRequest,
    NewStatement,
    Refusing,
    RequestPage,
    RequestView,
    Restricting,
    SaidBody,
    Statements,
    StatementView,
    WeighedView,
    candidate_view,
    disclosure_ref,
    request_view,
)
from vault.subjects.answering import answer, extend, refuse, withdraw
from vault.subjects.disclosing import Giving, disclose
from vault.subjects.erasing import order_erasure
from vault.subjects.finding import candidates
from vault.subjects.letters.writing import letter
from vault.subjects.reading import Filter, find, listed
from vault.subjects.receiving import Received, receive, say_more
from vault.subjects.restricting import restrict_for
from vault.subjects.statements import state, statements
from vault.subjects.steps import identify, weigh

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
ONE = "/subject-requests/{request_id:uuid}"

PDF = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


@post("/subject-requests", operation_id="receive_subject_request", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def create_request(data: JSONBody[NewRequest], custody: InCustody, caller: FromCaller) -> RequestView:
    """Record a request of a data subject; the answer says by when it is owed (Art. 12(3)).

    A henkilötunnus is refused in whichever field it stands.
    """
    received = Received(
        invoked=data.right,
        asker=data.asker,
        channel=data.channel,
        received_on=data.received_on,
        language=data.language,
        said=data.said.said(),
    )
    return request_view(await receive(custody, caller, received))


@get("/subject-requests", operation_id="list_subject_requests", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def list_requests(
    custody: InCustody,
    caller: FromCaller,
    standing: Annotated[RequestState | None, QueryParameter(name="state")] = None,
    right: FromQuery[Right | None] = None,
    open: FromQuery[bool] = False,
    cursor: FromQuery[UUID | None] = None,
    limit: Limit = 50,
) -> RequestPage:
    """The controller's requests, the newest first; with `open`, those that an answer is owed to."""
    wanted = Filter(state=standing, invoked=right, open=open, after=cursor, limit=limit)
    found = await listed(custody, caller, wanted)
    following = found[limit - 1].id if len(found) > limit else None
    return RequestPage(items=[request_view(request) for request in found[:limit]], next=following)


@get(ONE, operation_id="read_subject_request", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def read_request(request_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RequestView:
    """One request: what was said, what was done for it, and by when an answer is owed."""
    return request_view(await find(custody, caller, request_id))


@put(f"{ONE}/said", operation_id="change_subject_request", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def change_said(
    request_id: FromPath[UUID], data: JSONBody[SaidBody], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Put what the data subject says by now in the place of what was known before."""
    return request_view(await say_more(custody, caller, request_id, data.said()))


@post(
    f"{ONE}/identification",
    operation_id="identify_data_subject",
    status_code=200,
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def record_identification(
    request_id: FromPath[UUID], data: JSONBody[Identification], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Record that it was made sure who asks, and by what means; nothing of what was shown is kept."""
    return request_view(await identify(custody, caller, request_id, data.means))


@get(f"{ONE}/candidates", operation_id="find_candidates", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def list_candidates(request_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Candidates:
    """What may be the data subject's, found by what they said; a person says which of it is."""
    return Candidates(items=[candidate_view(one) for one in await candidates(custody, caller, request_id)])


@get(f"{ONE}/weighing", operation_id="weigh_subject_request", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def weigh_request(request_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> WeighedView:
    """Whether the law or the notice grants what is asked for, and on which grounds it could be refused."""
    weighed = await weigh(custody, caller, request_id)
    decision = weighed.decision
    return WeighedView(owed=decision.permitted, reason=decision.reason, clause=decision.clause, grounds=weighed.grounds)


@post(
    f"{ONE}/extension",
    operation_id="extend_subject_request",
    status_code=200,
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def extend_request(
    request_id: FromPath[UUID], data: JSONBody[Extension], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Take two further months, once and within the first one; the letter tells the data subject why."""
    return request_view(await extend(custody, caller, request_id, reason=data.reason))


@post(f"{ONE}/disclosures", operation_id="disclose_to_data_subject", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def create_disclosure(
    request_id: FromPath[UUID], data: JSONBody[Copy], custody: InCustody, caller: FromCaller
) -> DisclosureRef:
    """Ask for the disclosure that meets a request for access: reviewed first, decided by two, then packaged."""
    giving = Giving(**msgspec.structs.asdict(data))
    return disclosure_ref(await disclose(custody, caller, request_id, giving))


@post(f"{ONE}/statements", operation_id="add_statement", status_code=200, opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def create_statement(
    request_id: FromPath[UUID], data: JSONBody[NewStatement], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Add the data subject's statement to recordings (Art. 16); what was recorded stays as it was."""
    return request_view(await state(custody, caller, request_id, text=data.text, recordings=data.recordings))


@post(
    f"{ONE}/restrictions",
    operation_id="restrict_for_data_subject",
    status_code=200,
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def create_restrictions(
    request_id: FromPath[UUID], data: JSONBody[Restricting], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Restrict what was found (Art. 18); each is lifted as any other, after the data subject was told."""
    restricted = await restrict_for(
        custody, caller, request_id, ground=data.ground, recordings=data.recordings, note=data.note
    )
    return request_view(restricted)


@post(f"{ONE}/destruction", operation_id="order_erasure", opt={"action": Action.HANDLE_SUBJECT_REQUEST})
async def create_order(
    request_id: FromPath[UUID], data: JSONBody[Erasing], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Propose to destroy what was found, where the notice grants that; a second person approves it."""
    proposal = await order_erasure(custody, caller, request_id, reason=data.reason, recordings=data.recordings)
    return view(proposal)


@post(
    f"{ONE}/answer",
    operation_id="answer_subject_request",
    status_code=200,
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def create_answer(
    request_id: FromPath[UUID], data: JSONBody[Answering], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Answer a request once what was asked for is done, or nothing is kept of the person."""
    return request_view(await answer(custody, caller, request_id, words=data.words))


@post(
    f"{ONE}/refusal",
    operation_id="refuse_subject_request",
    status_code=200,
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def create_refusal(
    request_id: FromPath[UUID], data: JSONBody[Refusing], custody: InCustody, caller: FromCaller
) -> RequestView:
    """Refuse a request on a ground of the law or the notice; the letter tells of complaint and remedy (Art. 12(4))."""
    return request_view(await refuse(custody, caller, request_id, ground=data.ground, reason=data.reason))


@post(
    f"{ONE}/withdrawal",
    operation_id="withdraw_subject_request",
    status_code=200,
    opt={"action": Action.HANDLE_SUBJECT_REQUEST},
)
async def create_withdrawal(request_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> RequestView:
    """Record that the data subject no longer asks for it."""
    return request_view(await withdraw(custody, caller, request_id))


@get(
    f"{ONE}/letter.pdf",
    operation_id="read_subject_letter",
    opt={"action": Action.HANDLE_SUBJECT_REQUEST, "file": "application/pdf"},
)
async def read_letter(
    request_id: FromPath[UUID], custody: InCustody, caller: FromCaller, extension: FromQuery[bool] = False
) -> Response[bytes]:
    """The letter to the data subject, to be sent: the answer or refusal, or with `extension` that it takes longer."""
    content = await letter(custody, caller, request_id, extension=extension)
    name = f'attachment; filename="letter-{request_id}.pdf"'
    return Response(content, media_type="application/pdf", headers=PDF | {"content-disposition": name})


@get("/recordings/{recording_id:uuid}/statements", operation_id="list_statements", opt={"action": Action.SEARCH})
async def list_statements(recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Statements:
    """What data subjects state about a recording (Art. 16), for whoever may use it."""
    found = await statements(custody, caller, recording_id)
    return Statements(items=msgspec.convert(found, list[StatementView], from_attributes=True))


router = Router(
    path="/v1",
    tags=["subject requests"],
    route_handlers=[
        create_request,
        list_requests,
        read_request,
        change_said,
        record_identification,
        list_candidates,
        weigh_request,
        extend_request,
        create_disclosure,
        create_statement,
        create_restrictions,
        create_order,
        create_answer,
        create_refusal,
        create_withdrawal,
        read_letter,
        list_statements,
    ],
)
