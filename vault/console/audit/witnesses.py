"""Who else vouches for the log: its witnesses, and what each of them signed."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.auditing import serving
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import NoteInvalid
from vault.auditing.signing import log_verifier
from vault.auditing.witnesses import Witness, verify_cosignature
from vault.console.audit.tabs import tabs
from vault.console.forms import fields
from vault.console.language import mark
from vault.console.rendering import elsewhere, page
from vault.custody.custody import Custody
from vault.errors import Altered, Conflict, FieldProblem, Invalid, NotFound, Unavailable

AnyRequest = Request[Caller, Any, Any]
DONE: Final = MappingProxyType(
    {
        "registered": mark("The witness is registered: its cosignatures are taken."),
        "ended": mark("Nothing of this witness is taken any more. What it signed stays."),
    }
)


@dataclass(frozen=True)
class Cosigned:
    """The newest checkpoint that any witness signed, and when each did, as far as its signature verifies."""

    checkpoint: Checkpoint
    signed_at: dict[UUID, datetime]


@get("/audit/witnesses", opt={"action": Action.READ_LOG})
async def show_witnesses(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The witnesses of the log, and the newest checkpoint that they vouch for."""
    return await _shown(request, custody, caller)


async def _shown(request: AnyRequest, custody: Custody, caller: Caller, **told: Any) -> Response[str]:
    known = await serving.list_witnesses(caller, caller.tenant)
    return page(
        request,
        "audit/witnesses.html",
        done=DONE,
        tabs=tabs(caller),
        witnesses=known,
        cosigned=await _cosigned(custody, caller, known),
        may_manage=caller.may(Action.MANAGE_WITNESSES),
        **{"form": {}} | told,
    )


async def _cosigned(custody: Custody, caller: Caller, known: list[Witness]) -> Cosigned | None:
    try:
        note = await serving.checkpoint(custody, caller, caller.tenant, size=None, cosigned=True)
        checkpoint = Checkpoint.read(str(note), log_verifier(custody, caller.tenant))
    except (NotFound, Altered, Unavailable, NoteInvalid):
        return None
    signed_at: dict[UUID, datetime] = {}
    for witness in known:
        for line in note.signatures:
            if line.is_of(witness.verifier):
                with suppress(NoteInvalid):  # one that does not verify vouches for nothing
                    signed_at[witness.id] = verify_cosignature(line, witness.verifier, checkpoint.note.text)
    return Cosigned(checkpoint, signed_at)


@post("/audit/witnesses", opt={"action": Action.MANAGE_WITNESSES})
async def register(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Take a witness for the log, by the key that it gave."""
    given = fields(await request.form())
    try:
        await serving.register_witness(custody, caller, caller.tenant, given.get("vkey", ""))
    except Invalid as error:
        return await _shown(request, custody, caller, status=422, form=given, problems=list(error.problems))
    except Conflict as error:
        problem = FieldProblem("vkey", "conflict", error.detail)
        return await _shown(request, custody, caller, status=409, form=given, problems=[problem])
    return elsewhere("/audit/witnesses", done="registered")


@post("/audit/witnesses/{witness_id:uuid}/end", opt={"action": Action.MANAGE_WITNESSES})
async def end(custody: InCustody, caller: FromCaller, witness_id: FromPath[UUID]) -> Response[str]:
    """Take no more of a witness's cosignatures."""
    await serving.end_witness(custody, caller, caller.tenant, witness_id)
    return elsewhere("/audit/witnesses", done="ended")


HANDLERS = [show_witnesses, register, end]
