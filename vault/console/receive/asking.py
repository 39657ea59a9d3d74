"""Somebody of an organisation asks in its name, listens to what was granted, and checks a file that they received."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tenants.decisions import Refused
from tenants.disclosure_rules import PURPOSEFUL
from tenants.organisations import GIVEN_TO
from vault.accounts import Caller
from vault.api.dependencies import InCustody, WithSessions
from vault.console.disclosures.hearing import playing, problems_of, recording_in
from vault.console.disclosures.wanting import wanted_of
from vault.console.files import Form, largest, read_form
from vault.console.language import _
from vault.console.receive.door import door_page
from vault.console.receive.frame import ASKS, AT, RECEIVES, Asked, show, signed_in, still_in, told
from vault.console.receive.matter import matter_page
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.disclosure import documents, matters
from vault.disclosure.documents import MEDIA_TYPES, SIZE_MOST, DocumentPurpose
from vault.disclosure.requesting import request as ask_for
from vault.errors import FieldProblem, Invalid, NotFound, Unauthenticated, VaultError
from vault.grants.hearing import hear
from vault.organisations.model import Organisation
from vault.organisations.reading import own
from vault.policies.versions import purposes

KINDS = {organisation: kind for kind, organisation in GIVEN_TO.items()}


@get(f"{AT}/ask", opt=ASKS)
async def show_ask(request: Asked, custody: InCustody, sessions: WithSessions) -> Response[str]:
    """Where somebody asks in the name of their organisation."""
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        return await _ask_page(request, custody, caller, await _own(caller), {})
    except VaultError as error:
        return told(request, caller, error)


@post(f"{AT}/ask", status_code=303, request_max_body_size=largest(SIZE_MOST), opt=ASKS)
async def ask_outside(request: Asked, custody: InCustody, sessions: WithSessions) -> Response[str]:
    """Ask for recordings on a legal basis, with the document that says so; two persons decide."""
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        # Whoever may not ask has nothing of theirs read.
        organisation = await _own(caller)
        sent = await read_form(request, most=SIZE_MOST)
        caller = await still_in(request, sessions)
    except Unauthenticated:
        return door_page(request)
    except VaultError as error:
        return told(request, caller, error)
    try:
        _require_readable(sent)
        wanted = wanted_of(KINDS[organisation.entry.kind], sent.fields, organisation.id)
        asked = await ask_for(custody, caller, wanted)
        if file := sent.files.get("file"):
            await documents.add(custody, caller, asked.id, DocumentPurpose.ORDER, file.media_type, file.content)
    except Invalid as error:
        given: dict[str, Any] = {"problems": list(error.problems), "status": 422}
        return await _ask_page(request, custody, caller, organisation, sent.fields, **given)
    except (VaultError, Refused) as error:
        return told(request, caller, error)
    return elsewhere(f"{AT}/{asked.id}", done="asked")


@post(f"{AT}/{{disclosure_id:uuid}}/listening", status_code=200, opt=RECEIVES)
async def listen_outside(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Be let in to listen to one recording that was granted, for a quarter of an hour."""
    form = (await read_form(request, most=0)).fields
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        purpose = (await matters.matter(custody, caller, disclosure_id)).disclosure.terms.purpose or ""
        said = {"purpose": purpose, "reason": form.get("reason", "")}
        heard = await hear(custody, caller, disclosure_id, recording_in(form), **said)
    except Invalid as error:
        given: dict[str, Any] = {"form": form, "problems": problems_of(error), "status": 422}
        return await matter_page(request, custody, caller, disclosure_id, **given)
    except (VaultError, Refused) as error:
        return told(request, caller, error)
    return await matter_page(request, custody, caller, disclosure_id, playing=playing(heard))


@get(f"{AT}/verify", opt=RECEIVES)
async def show_verify(request: Asked, sessions: WithSessions) -> Response[str]:
    """How a package is checked, and where its hash is compared."""
    caller = await signed_in(request, sessions)
    return door_page(request) if caller is None else show(request, "verify.html", caller, asked=None, found=None)


@post(f"{AT}/verify", status_code=200, opt=RECEIVES)
async def verify_hash(request: Asked, custody: InCustody, sessions: WithSessions) -> Response[str]:
    """Whether a file is a package that was given to this person; its hash comes here, the file does not."""
    asked = (await read_form(request, most=0)).fields.get("sha256", "").lower().replace(" ", "")[:200]
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        mine = await matters.matters(custody, caller)
    except VaultError as error:
        return told(request, caller, error)
    found = next((each for each in mine if each.package and each.package.sha256.hex() == asked), None)
    receipt = next((one for one in (found.fetches if found else ()) if one.member_id == caller.id), None)
    return show(request, "verify.html", caller, asked=asked, found=found, receipt=receipt)


async def _own(caller: Caller) -> Organisation:
    """Raises NotFound where the person speaks for no organisation."""
    found = await own(caller)
    if found is None:
        raise NotFound
    return found


def _require_readable(sent: Form) -> None:
    """Before anything is asked for: a request does not come in without the document that was sent with it."""
    file = sent.files.get("file")
    if file is not None and (file.media_type not in MEDIA_TYPES or not file.content):
        rule = _("A file of this type is not taken: send a PDF, an image, text or an e-mail.")
        raise Invalid(rule, [FieldProblem("file", "type", rule)])


async def _ask_page(
    request: Asked, custody: Custody, caller: Caller, organisation: Organisation, form: dict[str, str], **more: Any
) -> Response[str]:
    entry = organisation.entry
    kind, laws = KINDS[entry.kind], [(law, law) for law in entry.legal_bases]
    named = list((await purposes(custody, caller)).items()) if kind in PURPOSEFUL else []
    given: dict[str, Any] = {"organisation": entry, "kind": kind, "laws": laws, "purposes": named, "form": form}
    return show(request, "ask.html", caller, **(given | more))


HANDLERS: list[HTTPRouteHandler] = [show_ask, ask_outside, listen_outside, show_verify, verify_hash]
