"""What of each recording is given: taken out, narrowed and reviewed before anybody approves."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import to_builtins

from tenants.recordings import ContactField
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console import forms
from vault.console.disclosures.deciding import DECIDES
from vault.console.disclosures.frame import SEES, AnyRequest, asks, show
from vault.console.disclosures.wanting import lines
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.disclosure import narrowing, reporting
from vault.disclosure.model import Item, ItemState, Limits
from vault.disclosure.narrowing import Change
from vault.disclosure.reading import Seen, look
from vault.disclosure.reviewing import CHANGED, REPORTED
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.policies.versions import in_force


@get("/disclosures/{disclosure_id:uuid}/items/{recording_id:uuid}", **asks(*SEES))
async def show_item(
    disclosure_id: FromPath[UUID],
    recording_id: FromPath[UUID],
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """One recording of a scope: whether it is given, and what of it."""
    return await _item_page(request, custody, caller, disclosure_id, recording_id)


@post(
    "/disclosures/{disclosure_id:uuid}/items/{recording_id:uuid}",
    status_code=303,
    **asks(*DECIDES),
)
async def change_item(
    disclosure_id: FromPath[UUID],
    recording_id: FromPath[UUID],
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """Take it out or put it back, narrow it, or write down that it was reviewed."""
    posted = await request.form()
    form = forms.fields(posted)
    act = form.get("act", "")
    try:
        wanted = _change(act, form, posted.getall("fields", []))
        await narrowing.change(custody, caller, disclosure_id, recording_id, wanted)
    except Conflict as error:
        if error.detail != CHANGED:
            raise
        return await _review_page(request, custody, caller, disclosure_id, recording_id, status=409, changed=True)
    except Invalid as error:
        given = _typed(form, posted.getall("fields", [])) if act == "narrow" else {}
        given |= {"problems": error.problems, "status": 422}
        return await _item_page(request, custody, caller, disclosure_id, recording_id, **given)
    at = f"/disclosures/{disclosure_id}"
    return elsewhere(at, done="reviewed" if wanted.reviewed is not None else "changed")


@get("/disclosures/{disclosure_id:uuid}/items/{recording_id:uuid}/listens", **asks(*SEES))
async def show_listens(
    disclosure_id: FromPath[UUID],
    recording_id: FromPath[UUID],
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
) -> Response[str]:
    """When and why it was listened to, and what was noted, as a copy will tell it; that this was read is in the log."""
    return await _review_page(request, custody, caller, disclosure_id, recording_id)


def _change(act: str, form: dict[str, str], chosen: list[Any]) -> Change:
    match act:
        case "leave_out":
            return Change(included=False)
        case "include":
            return Change(included=True)
        case "reviewed":
            return Change(reviewed=True, seen=form.get("seen"))
        case "not_reviewed":
            return Change(reviewed=False)
        case "narrow":
            return Change(limits=_limits(form, chosen))
        case _:
            raise Invalid("Nothing was chosen.", [FieldProblem("act", "missing", "Choose what is to be otherwise.")])


def _limits(form: dict[str, str], chosen: list[Any]) -> Limits:
    fields = None if form.get("all_fields") else tuple(each for each in ContactField if each.value in chosen)
    excerpts = tuple(excerpt_of(line) for line in lines(form, "limits.excerpts"))
    return Limits(content=bool(form.get("content")), contact_fields=fields, excerpts=excerpts)


def _typed(form: dict[str, str], chosen: list[Any]) -> dict[str, Any]:
    """What a form said that is shown again, lest what was narrowed in it is given after all."""
    limits = {"content": bool(form.get("content")), "contact_fields": None if form.get("all_fields") else chosen}
    return {"limits": limits, "excerpts": form.get("limits.excerpts", "")}


def line_of(excerpt: tuple[int, int]) -> str:
    """The line that `excerpt_of` reads as this excerpt, to the millisecond."""
    return "-".join(_clock(each) for each in excerpt)


def _clock(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}.{rest:03}" if rest else text


def excerpt_of(line: str) -> tuple[int, int]:
    """From and until which millisecond, of a line such as `0:30-1:05`. Raises Invalid where it is none."""
    since, dash, until = line.replace("–", "-").partition("-")  # noqa: RUF001 - people type both
    if not dash:
        raise _no_excerpt()
    return _milliseconds(since), _milliseconds(until)


def _milliseconds(text: str) -> int:
    whole = 0.0
    try:
        for part in text.strip().replace(",", ".").split(":"):
            whole = whole * 60 + float(part)
        return round(whole * 1000)
    except (ValueError, OverflowError):
        raise _no_excerpt() from None


def _no_excerpt() -> Invalid:
    rule = "Write each excerpt on a line of its own, from and until, such as 0:30-1:05."
    return Invalid("These limits cannot be.", [FieldProblem("limits.excerpts", "excerpt", rule)])


async def _item_page(
    request: AnyRequest, custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID, **more: Any
) -> Response[str]:
    seen = await look(custody, caller, disclosure_id)
    item = _item(seen, recording_id)
    policy = await in_force(custody, caller)
    rule = policy.kind(item.kind) if item.kind else None
    given: dict[str, Any] = {
        "disclosure": seen.disclosure,
        "item": item,
        "known": list(rule.contact_fields) if rule else [],
        "limits": to_builtins(item.limits),
        # An empty field gives all of it: a form that did not bring these back would widen what was narrowed.
        "excerpts": "\n".join(line_of(each) for each in item.limits.excerpts),
        "whole": seen.whole,
        "reports": seen.whole and seen.disclosure.kind in REPORTED and item.included,
        "may_change": seen.disclosure.state.undecided
        and item.state in (ItemState.INCLUDED, ItemState.EXCLUDED)
        and (seen.whole or seen.disclosure.requested_by == caller.id),
    }
    return show(request, "item.html", custody, **(given | more))


async def _review_page(
    request: AnyRequest, custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID, **more: Any
) -> Response[str]:
    listens = await reporting.listens(custody, caller, disclosure_id, recording_id)
    notes = await reporting.noted(custody, caller, disclosure_id, recording_id)
    disclosure = (await look(custody, caller, disclosure_id)).disclosure
    given: dict[str, Any] = {
        "id": disclosure_id,
        "recording": recording_id,
        "listens": listens.items,
        "notes": notes.items,
        # As it stood before the first of the two was read.
        "seen": listens.seen,
        "reports": disclosure.kind in REPORTED,
        "may_review": disclosure.state.undecided,
        "changed": False,
    }
    return show(request, "listens.html", custody, **(given | more))


def _item(seen: Seen, recording_id: UUID) -> Item:
    """Raises NotFound where there is none that the caller may know of."""
    for item in seen.disclosure.items:
        if item.recording_id == recording_id and (seen.whole or item.state is not ItemState.RESTRICTED):
            return item
    raise NotFound


HANDLERS = [show_item, change_item, show_listens]
