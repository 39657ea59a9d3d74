"""To whom it is handed over: persons by name, the key that it is sealed to, and the papers that belong to it."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.api.package_views import NewRecipient
from vault.console import forms
from vault.console.disclosures.frame import SEES, AnyRequest, asks
from vault.console.disclosures.matter import matter_page
from vault.console.files import largest, read_form
from vault.console.rendering import elsewhere
from vault.disclosure import documents, recipients, seals
from vault.disclosure.documents import MEDIA_TYPES, SIZE_MOST, DocumentPurpose
from vault.disclosure.reading import look
from vault.errors import FieldProblem, Invalid

KEY_MOST = 20_000


@post("/disclosures/{disclosure_id:uuid}/recipients", status_code=303, **asks(Action.DECIDE_DISCLOSURE))
async def name_recipient(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Name who receives it; the invitation of somebody who is new is on this answer alone."""
    form = forms.fields(await request.form())
    try:
        asked = forms.shaped(form, NewRecipient)
        if asked.member_id is not None:
            await recipients.name_member(custody, caller, disclosure_id, asked.member_id)
            return elsewhere(f"/disclosures/{disclosure_id}", done="named")
        if asked.email is None or asked.name is None:
            rule = "Say who receives it, by name and e-mail address."
            raise Invalid(rule, [FieldProblem("email", "missing", rule)])
        _, issued = await recipients.name_person(custody, caller, disclosure_id, email=asked.email, name=asked.name)
    except Invalid as error:
        shown: dict[str, Any] = {"form": form, "problems": error.problems, "status": 422}
        return await matter_page(request, custody, caller, disclosure_id, **shown)
    if issued is None:
        return elsewhere(f"/disclosures/{disclosure_id}", done="named")
    return await matter_page(request, custody, caller, disclosure_id, invited=issued, whom=asked.name)


@post(
    "/disclosures/{disclosure_id:uuid}/recipients/{member_id:uuid}/confirmation",
    status_code=303,
    **asks(Action.DECIDE_DISCLOSURE),
)
async def confirm_recipient(
    disclosure_id: FromPath[UUID], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Confirm, as a second person, somebody who was named after an approval."""
    await recipients.confirm(custody, caller, disclosure_id, member_id)
    return elsewhere(f"/disclosures/{disclosure_id}", done="confirmed")


@post(
    "/disclosures/{disclosure_id:uuid}/recipients/{member_id:uuid}/removal",
    status_code=303,
    **asks(Action.DECIDE_DISCLOSURE),
)
async def remove_recipient(
    disclosure_id: FromPath[UUID], member_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Take somebody off; what they fetched, they have."""
    await recipients.remove(custody, caller, disclosure_id, member_id)
    return elsewhere(f"/disclosures/{disclosure_id}", done="removed")


@post("/disclosures/{disclosure_id:uuid}/seal", status_code=303, **asks(Action.DECIDE_DISCLOSURE))
async def name_key(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Name the recipient's key. A pair is made by the recipient on their own page, and by nobody else."""
    form = forms.fields(await request.form())
    key = form.get("key", "")[:KEY_MOST]
    try:
        if key.startswith("-----BEGIN"):
            await seals.set_certificate(custody, caller, disclosure_id, key)
        else:
            await seals.set_age_key(custody, caller, disclosure_id, key)
    except Invalid as error:
        problems = [FieldProblem("key", each.rule, each.detail) for each in error.problems]
        return await matter_page(request, custody, caller, disclosure_id, status=422, form=form, problems=problems)
    return elsewhere(f"/disclosures/{disclosure_id}", done="sealed")


@post(
    "/disclosures/{disclosure_id:uuid}/documents",
    status_code=303,
    request_max_body_size=largest(SIZE_MOST),
    **asks(*SEES),
)
async def add_document(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Add a document; it is kept sealed."""
    # Whoever may not see it has nothing of theirs read.
    await look(custody, caller, disclosure_id)
    sent = await read_form(request, most=SIZE_MOST)
    file, purpose = sent.files.get("file"), sent.fields.get("purpose", "")
    try:
        if file is None or purpose not in set(DocumentPurpose):
            raise Invalid("No document came.", [FieldProblem("file", "missing", "Choose a file, and say what it is.")])
        await documents.add(custody, caller, disclosure_id, DocumentPurpose(purpose), file.media_type, file.content)
    except Invalid as error:
        shown: dict[str, Any] = {"problems": [FieldProblem("file", "file", error.detail)], "status": 422}
        return await matter_page(request, custody, caller, disclosure_id, **shown)
    return elsewhere(f"/disclosures/{disclosure_id}", done="added")


@get("/disclosures/{disclosure_id:uuid}/documents/{document_id:uuid}", **asks(*SEES))
async def download_document(
    disclosure_id: FromPath[UUID], document_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[bytes]:
    """One document as it was sent, as a download; that it was read stands in the log."""
    found = await documents.read(custody, caller, disclosure_id, document_id)
    name = f"{found.purpose.value}-{found.id}.{MEDIA_TYPES[found.media_type]}"
    headers = {"cache-control": "private, no-store", "content-disposition": f'attachment; filename="{name}"'}
    return Response(found.content or b"", media_type=found.media_type, headers=headers)


HANDLERS = [name_recipient, confirm_recipient, remove_recipient, name_key, add_document, download_document]
