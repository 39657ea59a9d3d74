"""The log is held against a checkpoint that somebody kept, live; the line is green only if all of it was verified."""

from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.auditing import serving
from vault.auditing.checking import Progress, check, read_kept
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import LONGEST
from vault.auditing.signing import log_verifier
from vault.auditing.verifying import LogForged, Verified
from vault.console.audit.events import download
from vault.console.audit.tabs import tabs
from vault.console.desk import leave_desk, read_desk
from vault.console.live import follow
from vault.console.rendering import elsewhere, page, rendered
from vault.custody.custody import Custody
from vault.errors import Altered, FieldProblem, Invalid, NotFound, Unavailable, VaultError

AnyRequest = Request[Caller, Any, Any]
READ = {"action": Action.READ_LOG}
KEPT: Final = "checkpoint"
RUN: Final = "/audit/verify/{name:str}"
"""Under which name the checkpoint lies on the desk."""

log = structlog.get_logger()


@dataclass
class Run:
    """One verification: how far it is, and how it ended. `failed` is what kept it from being made at all."""

    kept: Checkpoint
    progress: Progress = field(default_factory=Progress)
    verified: Verified | None = None
    forged: LogForged | None = None
    failed: str | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended, in whichever way."""
        return bool(self.verified or self.forged or self.failed)

    async def go(self, custody: Custody, caller: Caller) -> None:
        """Verify, and write down how it ended; nothing but a `Verified` makes it green."""
        try:
            self.verified = await check(custody, caller, self.kept, self.progress)
        except LogForged as forged:
            log.error("log.forged", tenant=str(caller.tenant), seq=forged.seq)
            self.forged = forged
        except VaultError as error:
            self.failed = error.detail
        except Exception as error:  # a page that waits is told so, and never that it is well
            log.exception("log.not_verified")
            self.failed = type(error).__name__


@get("/audit/verify", opt=READ)
async def show_verify(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The newest checkpoint and the log's key to keep, and the form that takes one that was kept."""
    return await _shown(request, custody, caller)


async def _shown(
    request: AnyRequest, custody: Custody, caller: Caller, *, form: str | None = None, **told: Any
) -> Response[str]:
    newest, altered, verifier = None, None, log_verifier(custody, caller.tenant)
    try:
        newest = await serving.checkpoint(custody, caller, caller.tenant, size=None, cosigned=False)
    except Altered as error:
        altered = error.detail
    except Unavailable:  # it is signed once it was held against its copy, by whoever seals
        pass
    return page(
        request,
        "audit/verify.html",
        tabs=tabs(caller),
        newest=newest,
        tree=None if newest is None else Checkpoint.read(str(newest), verifier).tree,
        altered=altered,
        key=str(verifier),
        kept=str(newest or "") if form is None else form,
        **told,
    )


@get("/audit/checkpoint", opt=READ)
async def fetch_checkpoint(custody: InCustody, caller: FromCaller, cosigned: FromQuery[bool] = False) -> Response[str]:
    """What the log has signed, to be kept; with `cosigned` the newest that a witness vouches for too."""
    note = await serving.checkpoint(custody, caller, caller.tenant, size=None, cosigned=cosigned)
    return download(str(note), "checkpoint")


@get("/audit/key", opt=READ)
async def fetch_key(custody: InCustody, caller: FromCaller) -> Response[str]:
    """The verifier key of the log, to be kept before it is needed."""
    return download(f"{log_verifier(custody, caller.tenant)}\n", "key")


@post("/audit/verify", opt=READ)
async def begin(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Take a checkpoint that was kept, as a file or as text, and go on to where the log is held against it."""
    form = await request.form()
    text = str(form.get("checkpoint") or "")
    try:
        if isinstance(file := form.get("file"), UploadFile) and file.filename:
            text = await _text(file)
        kept = read_kept(custody, caller, text)
    except Invalid as error:
        return await _shown(request, custody, caller, form=text, status=422, problems=list(error.problems))
    desk = await read_desk(custody, request)
    key = desk.keep({KEPT: str(kept.note)})
    await leave_desk(custody, request, desk)
    return elsewhere(f"/audit/verify/{key}")


async def _text(file: UploadFile) -> str:
    content = await file.read(LONGEST + 1)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Invalid("This is no checkpoint.", [FieldProblem(KEPT, "text", "The file is not text.")]) from None


@get(RUN, opt=READ)
async def show_run(request: AnyRequest, custody: InCustody, caller: FromCaller, name: FromPath[str]) -> Response[str]:
    """The page on which a verification is followed; opened again, it begins anew."""
    run = await _run(request, custody, caller, name)
    return page(request, "audit/run.html", tabs=tabs(caller), run=run, key=name, live=True)


@get(f"{RUN}/result", opt=READ)
async def show_result(
    request: AnyRequest, custody: InCustody, caller: FromCaller, name: FromPath[str]
) -> Response[str]:
    """The same to its end, for whoever has no scripts."""
    run = await _run(request, custody, caller, name)
    await run.go(custody, caller)
    return page(request, "audit/run.html", tabs=tabs(caller), run=run, key=name, live=False)


@get(f"{RUN}/live", opt=READ)
async def follow_run(
    request: AnyRequest, custody: InCustody, caller: FromCaller, name: FromPath[str]
) -> ServerSentEvent:
    """How far it is, told while it goes on; it ends with the page that follows it."""
    run = await _run(request, custody, caller, name)

    async def shown() -> tuple[str, bool]:
        over = run.over
        return rendered("audit/_run.html", request, run=run), over

    return await follow(shown, lambda: run.go(custody, caller), request=request)


async def _run(request: AnyRequest, custody: Custody, caller: Caller, name: str) -> Run:
    kept = (await read_desk(custody, request)).searches.get(name, {}).get(KEPT)
    if kept is None:
        raise NotFound("This checkpoint is not on your desk any more: give it again.")
    return Run(read_kept(custody, caller, kept))


HANDLERS = [show_verify, fetch_checkpoint, fetch_key, begin, show_run, show_result, follow_run]
