"""A contract's end before one's eyes, and what its people do about it: acknowledge, name, fetch, confirm, give up."""

import hashlib
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.contracts import Change
from vault.api.dependencies import FromCaller, InCustody
from vault.api.returns import Receipt, Waiver
from vault.console import forms, live
from vault.console.files import Form, largest, read_form
from vault.console.language import mark
from vault.console.rendering import elsewhere, page, rendered
from vault.console.retention import words
from vault.console.retention.course import Shown, find, gather
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.destruction.contract_change import propose_change
from vault.errors import FieldProblem, Invalid
from vault.notices import acknowledge
from vault.returning.receipts import confirm
from vault.returning.recipients import Bucket, Credentials
from vault.returning.registering import propose_recipient
from vault.returning.waiving import propose_waiver

DONE: Final = MappingProxyType(
    {
        "acknowledged": mark("It is written down that you took note."),
        "confirmed": mark("The receipt is written down. Everything that is kept here is destroyed now."),
    }
)

FILE_BYTES: Final = 4_000_000
"""The most that a manifest may be long."""

Sent = Request[Caller, Any, Any]
Text = Annotated[str, Meta(max_length=300)]


class RecipientForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key that everything is sealed to, and a bucket of the controller's own where one is named."""

    public_key: Annotated[str, Meta(max_length=128)]
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    endpoint: Text | None = None
    region: Text | None = None
    bucket: Text | None = None
    prefix: Text = ""
    access_key: Text | None = None
    secret_key: Text | None = None

    def place(self) -> tuple[Bucket | None, Credentials | None]:
        """Raises Invalid where a bucket is named in part."""
        if not any((self.endpoint, self.region, self.bucket, self.prefix, self.access_key, self.secret_key)):
            return None, None
        named = {name: getattr(self, name) for name in ("region", "bucket", "access_key", "secret_key")}
        if missing := [name for name, value in named.items() if not value]:
            problems = [FieldProblem(name, "required", "A bucket of your own needs this, too.") for name in missing]
            raise Invalid("The bucket is not named whole.", problems)
        place = Bucket(endpoint=self.endpoint, region=self.region or "", bucket=self.bucket or "", prefix=self.prefix)
        return place, Credentials(access_key=self.access_key or "", secret_key=self.secret_key or "")

    def __repr__(self) -> str:
        """Nothing of what opens the bucket."""
        return "RecipientForm(…)"


@get("/retention/contract", opt={"action": Action.READ_CONTRACT})
async def show_own_contract(request: Sent, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The controller's own contract; an operator has many, and sees them with the controllers."""
    if caller.tenant == PLATFORM:
        return elsewhere("/controllers")
    return await _contract(request, custody, caller, (await find(caller)).id)


@get("/retention/contract/{contract_id:uuid}", opt={"action": Action.READ_CONTRACT})
async def show_contract(
    contract_id: FromPath[UUID], request: Sent, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One contract, whose end is followed while it goes on."""
    return await _contract(request, custody, caller, contract_id)


@get("/retention/contract/{contract_id:uuid}/progress", opt={"action": Action.READ_CONTRACT})
async def follow_contract(
    contract_id: FromPath[UUID], request: Sent, custody: InCustody, caller: FromCaller
) -> ServerSentEvent:
    """How far it has come, whenever that changes, until everything is destroyed."""

    async def shown() -> tuple[str, bool]:
        found = await gather(custody, caller, await find(caller, contract_id))
        return rendered("retention/_course.html", request, **_words(found)), not found.moves

    return await live.follow(shown, request=request, every=live.SLOWLY)


@post("/retention/contract/{contract_id:uuid}/changes", opt={"action": Action.END_CONTRACT})
async def change_end(
    contract_id: FromPath[UUID], request: Sent, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Propose another last day; a second person decides."""
    try:
        asked = await forms.read(request, Change)
        made = await propose_change(custody, caller, contract_id, last_day=asked.last_day, reason=asked.reason)
    except Invalid as error:
        return await _again(request, custody, caller, contract_id, error, "end")
    return elsewhere(f"/proposals/{made.id}")


@post("/retention/contract/{contract_id:uuid}/recipient", opt={"action": Action.NAME_RECIPIENT})
async def name_recipient(
    contract_id: FromPath[UUID], request: Sent, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Propose the key that everything is returned to; a second person decides."""
    try:
        asked = await forms.read(request, RecipientForm)
        bucket, credentials = asked.place()
        given: dict[str, Any] = {"bucket": bucket, "credentials": credentials, "reason": asked.reason}
        made = await propose_recipient(custody, caller, contract_id, asked.public_key, **given)
    except Invalid as error:
        return await _again(request, custody, caller, contract_id, error, "recipient")
    return elsewhere(f"/proposals/{made.id}")


@post("/retention/contract/{contract_id:uuid}/waiver", opt={"action": Action.TAKE_BACK})
async def waive(contract_id: FromPath[UUID], request: Sent, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Propose to give the return up; a second person decides."""
    try:
        asked = await forms.read(request, Waiver)
        made = await propose_waiver(custody, caller, contract_id, reason=asked.reason)
    except Invalid as error:
        return await _again(request, custody, caller, contract_id, error, "waiver")
    return elsewhere(f"/proposals/{made.id}")


@post(
    "/retention/contract/{contract_id:uuid}/receipt",
    opt={"action": Action.TAKE_BACK},
    request_max_body_size=largest(FILE_BYTES),
)
async def confirm_receipt(
    contract_id: FromPath[UUID], request: Sent, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Confirm that everything was received, by the manifest's own file or by its SHA-256."""
    sent = await read_form(request, most=FILE_BYTES)
    try:
        await confirm(custody, caller, contract_id, _named(sent))
    except Invalid as error:
        return await _again(request, custody, caller, contract_id, error, "receipt", sent.fields)
    return elsewhere(f"/retention/contract/{contract_id}", done="confirmed")


@post("/retention/notices/{notice_id:uuid}/acknowledge", opt={"action": Action.ACKNOWLEDGE_NOTICE})
async def acknowledge_notice(notice_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Take note."""
    told = await acknowledge(custody, caller, notice_id)
    return elsewhere(f"/retention/contract/{told.contract}", done="acknowledged")


def _named(sent: Form) -> str:
    """The SHA-256 of the manifest. Raises Invalid where neither it nor the file came."""
    file = sent.files.get("manifest")
    if file is not None and file.content:
        return hashlib.sha256(file.content).hexdigest()
    return forms.shaped(sent.fields, Receipt).manifest_sha256


async def _contract(request: Sent, custody: Custody, caller: Caller, contract: UUID) -> Response[str]:
    found = await gather(custody, caller, await find(caller, contract))
    return page(request, "retention/contract.html", done=DONE, form={}, wrong="", **_words(found))


async def _again(
    request: Sent,
    custody: Custody,
    caller: Caller,
    contract: UUID,
    error: Invalid,
    which: str,
    read: dict[str, str] | None = None,
) -> Response[str]:
    """The page once more, with what was typed but for a secret, and what is wrong with it."""
    found = await gather(custody, caller, await find(caller, contract))
    typed = forms.fields(await request.form()) if read is None else read
    form = {name: text for name, text in typed.items() if name != "secret_key"}
    problems = list(error.problems) or [FieldProblem("", "", error.detail)]
    shown: dict[str, Any] = {"form": form, "wrong": which, "problems": problems}
    return page(request, "retention/contract.html", status=422, **shown, **_words(found))


def _words(found: Shown) -> dict[str, Any]:
    return {
        "shown": found,
        "contract": found.agreement,
        "term": found.agreement.term,
        "standing": words.CONTRACT[found.state],
        "stages": words.STAGES,
        "notice": words.notice,
        "keeping": words.keeping,
        "yesterday": found.now - timedelta(days=1),
    }


HANDLERS = [
    show_own_contract,
    show_contract,
    follow_contract,
    change_end,
    name_recipient,
    waive,
    confirm_receipt,
    acknowledge_notice,
]
