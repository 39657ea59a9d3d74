"""Events are taken out in the form that whoever takes them reads; that they were taken out stands in the log."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromQuery
from litestar.response import Stream

from tenants.events.table import ACTS
from vault import evidence
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.auditing.exporting import MEDIA_TYPES, Form
from vault.console.audit.events import READ, policy_of, titles
from vault.console.audit.filters import asked
from vault.console.audit.tabs import tabs
from vault.console.language import mark
from vault.console.rendering import page
from vault.custody.custody import Custody

AnyRequest = Request[Caller, Any, Any]

FORMS: Final = (
    (Form.JSONL, mark("JSON Lines: the events as they were hashed")),
    (Form.CSV, mark("CSV, for a spreadsheet")),
    (Form.OCSF, mark("OCSF, for a SIEM, as JSON Lines")),
    (Form.CEF, mark("CEF, for a SIEM, a line each")),
)


@get("/audit/export", opt=READ)
async def show_export(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """What of the log is taken out, and in which form."""
    return await _shown(request, custody, caller)


async def _shown(request: AnyRequest, custody: Custody, caller: Caller) -> Response[str]:
    wanted = asked(request)
    return page(
        request,
        "audit/export.html",
        status=422 if wanted.problems else 200,
        problems=wanted.problems,
        tabs=tabs(caller),
        asked=wanted,
        forms=FORMS,
        acts=sorted(ACTS),
        purposes=titles(await policy_of(custody, caller)),
    )


@get("/audit/export/file", opt=READ)
async def fetch_export(
    request: AnyRequest, custody: InCustody, caller: FromCaller, form: FromQuery[Form] = Form.JSONL
) -> Stream | Response[str]:
    """The events that are asked for, in order, as a file."""
    wanted = asked(request)
    if wanted.problems:
        return await _shown(request, custody, caller)
    pieces = await evidence.export(custody, caller, form, wanted.wanted, after=0)
    name = f"audit.{'ocsf.jsonl' if form is Form.OCSF else form.value}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Stream(pieces, media_type=MEDIA_TYPES[form], headers=headers)


HANDLERS = [show_export, fetch_export]
