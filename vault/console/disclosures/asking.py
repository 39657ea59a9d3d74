"""A disclosure is asked for by a person of the controller, in the name of whoever asked by letter or by telephone."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter

from tenants.decisions import Action
from tenants.disclosure_rules import PURPOSEFUL, clause_of
from tenants.organisations import GIVEN_TO
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.console import forms
from vault.console.disclosures.frame import AnyRequest, asks, known_organisations, show
from vault.console.disclosures.wanting import OFFERED, wanted_of
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.disclosure.requesting import request as ask_for
from vault.errors import Invalid
from vault.policies.versions import in_force

Kind = Annotated[str, QueryParameter(max_length=40)]


@get("/disclosures/new", **asks(Action.REQUEST_DISCLOSURE))
async def show_new(
    request: AnyRequest, custody: InCustody, caller: FromCaller, kind: Kind = "", recording: Kind = ""
) -> Response[str]:
    """Which kinds there are, and what the notice says of each; or the form of one."""
    policy = await in_force(custody, caller)
    if kind not in OFFERED:
        offered = [(each, clause_of(policy, each), _is_named(policy, each)) for each in OFFERED]
        refuses = policy.cite(policy.disclosures.clause)
        return show(request, "kinds.html", custody, offered=offered, refuses=refuses, recording=recording)
    form = {"terms.recordings": recording} if recording else {}
    return await _form_page(request, custody, caller, DisclosureKind(kind), form)


@post("/disclosures/new", request_max_body_size=LARGE_BODY, status_code=303, **asks(Action.REQUEST_DISCLOSURE))
async def ask(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Ask for it; what it covers is kept from now on until it is decided."""
    form = forms.fields(await request.form())
    kind = form.get("kind", "")
    if kind not in OFFERED:
        return elsewhere("/disclosures/new")
    try:
        asked = await ask_for(custody, caller, wanted_of(DisclosureKind(kind), form))
    except Invalid as error:
        return await _form_page(request, custody, caller, DisclosureKind(kind), form, problems=error.problems)
    return elsewhere(f"/disclosures/{asked.id}", done="requested")


async def _form_page(
    request: AnyRequest, custody: Custody, caller: Caller, kind: DisclosureKind, form: dict[str, Any], **more: Any
) -> Response[str]:
    policy, known = await in_force(custody, caller), await known_organisations(caller)
    fit = [each for each in known.values() if each.ended_at is None and each.entry.kind is GIVEN_TO.get(kind)]
    given = {
        "kind": kind,
        "form": form,
        "organisations": [(str(each.id), each.entry.name) for each in fit],
        "laws": [(law, law) for law in sorted({law for each in fit for law in each.entry.legal_bases})],
        "purposes": [(name, one.title) for name, one in policy.purposes.allowed.items() if kind in PURPOSEFUL],
        "clause": clause_of(policy, kind),
    }
    return show(request, "new.html", custody, status=422 if more else 200, **given, **more)


def _is_named(policy: Any, kind: DisclosureKind) -> bool:
    """Whether the notice knows of it; the controller's own evidence rests on its purposes."""
    return kind in policy.disclosures.allowed or kind is DisclosureKind.EVIDENCE


HANDLERS = [show_new, ask]
