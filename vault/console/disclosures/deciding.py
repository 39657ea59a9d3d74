"""Two persons decide, one takes back, whoever asked withdraws; what came of it afterwards is written down."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.api.disclosures import NewDecision, Revocation
from vault.console import forms
from vault.console.disclosures.frame import SEES, AnyRequest, asks
from vault.console.disclosures.matter import matter_page
from vault.console.files import largest, read_form
from vault.console.rendering import elsewhere
from vault.disclosure import deciding, documents, duties, notices
from vault.disclosure.deciding import Wish
from vault.disclosure.documents import SIZE_MOST, DocumentPurpose
from vault.disclosure.duties import DutyMeans, Fulfilment
from vault.disclosure.reading import look
from vault.errors import FieldProblem, Invalid, NotFound

DECIDES: Final = (Action.DECIDE_DISCLOSURE, Action.REQUEST_DISCLOSURE)
"""Whoever stands in for one who decides has another role."""


@post("/disclosures/{disclosure_id:uuid}/decisions", status_code=303, **asks(*DECIDES))
async def decide(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Approve what it covers as one of two persons, or refuse it; a refusal ends it."""
    form = forms.fields(await request.form())
    try:
        if form.get("approve") not in ("yes", "no"):
            raise Invalid("Nothing was chosen.", [FieldProblem("approve", "missing", "Approve it or refuse it.")])
        asked = forms.shaped(form | {"approve": form["approve"] == "yes", "urgent": "urgent" in form}, NewDecision)
        wish = Wish(
            approve=asked.approve,
            reason=asked.reason,
            urgent=asked.urgent,
            on_behalf_of=asked.on_behalf_of,
            clause=asked.clause,
            scope_sha256=asked.scope_sha256,
        )
        await deciding.decide_on(custody, caller, disclosure_id, wish)
    except Invalid as error:
        shown: dict[str, Any] = {"form": form, "problems": error.problems, "status": 422}
        return await matter_page(request, custody, caller, disclosure_id, **shown)
    return elsewhere(f"/disclosures/{disclosure_id}", done="approved" if wish.approve else "refused")


@post("/disclosures/{disclosure_id:uuid}/withdrawal", status_code=303, **asks(*SEES))
async def withdraw(disclosure_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Give up a request before it is decided."""
    await deciding.withdraw(custody, caller, disclosure_id)
    return elsewhere(f"/disclosures/{disclosure_id}", done="withdrawn")


@post("/disclosures/{disclosure_id:uuid}/revocation", status_code=303, **asks(Action.DECIDE_DISCLOSURE))
async def revoke(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Take back what was approved; one person alone may."""
    form = forms.fields(await request.form())
    try:
        asked = forms.shaped({"reason": form.get("revocation", "")}, Revocation)
        await deciding.revoke(custody, caller, disclosure_id, reason=asked.reason)
    except Invalid as error:
        problems = [FieldProblem("revocation", each.rule, each.detail) for each in error.problems]
        return await matter_page(request, custody, caller, disclosure_id, status=422, form=form, problems=problems)
    return elsewhere(f"/disclosures/{disclosure_id}", done="revoked")


@post("/disclosures/{disclosure_id:uuid}/notices", status_code=303, **asks(Action.READ_DISCLOSURES))
async def note(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Write down that the recipient was told what happened to a recording."""
    form = forms.fields(await request.form())
    known = {str(each.id): each.id for each in await notices.notices(caller, disclosure_id)}
    if form.get("notice", "") not in known:
        raise NotFound
    await notices.acknowledge(custody, caller, known[form["notice"]])
    return elsewhere(f"/disclosures/{disclosure_id}", done="noted")


@post(
    "/disclosures/{disclosure_id:uuid}/duty",
    status_code=303,
    request_max_body_size=largest(SIZE_MOST),
    **asks(Action.READ_DISCLOSURES),
)
async def fulfil(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Show with a document that what was received was returned or destroyed."""
    # Whoever may not see it has nothing of theirs read.
    await look(custody, caller, disclosure_id)
    sent = await read_form(request, most=SIZE_MOST)
    try:
        proof, done_on = sent.files.get("proof"), forms.day(sent.fields, "done_on")
        means = sent.fields.get("means", "")
        if proof is None or done_on is None or means not in set(DutyMeans):
            rule = "Say what became of it and on which day, and add the document that shows so."
            raise Invalid(rule, [FieldProblem("proof", "missing", rule)])
        purpose = DocumentPurpose.PROOF
        document = await documents.add(custody, caller, disclosure_id, purpose, proof.media_type, proof.content)
        fulfilment = Fulfilment(means=DutyMeans(means), done_on=done_on, document=document.id)
        await duties.fulfil(custody, caller, disclosure_id, fulfilment)
    except Invalid as error:
        shown: dict[str, Any] = {"form": sent.fields, "problems": error.problems, "status": 422}
        return await matter_page(request, custody, caller, disclosure_id, **shown)
    return elsewhere(f"/disclosures/{disclosure_id}", done="duty")


HANDLERS = [decide, withdraw, revoke, note, fulfil]
