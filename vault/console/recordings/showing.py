"""One recording: what it is, when it goes and why, what one may hear of it, and what keeps it."""

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest

from tenants.decisions import Action, Refused
from tenants.keeping import State
from tenants.recordings import MOMENT_FIELDS, ContactField
from tenants.vocabulary import RestrictedUse
from vault.access.descriptions import Description, describe
from vault.access.kept import CONTENT
from vault.access.notes import notes_of
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.problems import refusal
from vault.console.desk import Desk, read_desk
from vault.console.keeping import panels
from vault.console.keeping.panels import kept_panel, noted_panel
from vault.console.language import _, mark, moment, term, words_of
from vault.console.recordings.going import going, sentences
from vault.console.recordings.hearing import Hearing, hearing
from vault.console.recordings.lines import Line, line_of
from vault.console.recordings.talks import SENDERS
from vault.console.recordings.views import RECORDINGS, View
from vault.console.rendering import page
from vault.custody.custody import Custody
from vault.errors import Destroyed, FieldProblem, NotAllowed, NotFound, VaultError
from vault.keeping.explaining import Explanation, explain_with_reasons
from vault.keeping.placing import Known as Reason

DONE: Final = {
    "ended": mark("You have stopped listening; nothing more of it is given to you."),
    "changed": mark("This is why you listen from now on."),
}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What somebody may know of a recording: all that a finder knows, how long it is kept, or why they may not."""

    id: UUID
    description: Description | None
    explanation: Explanation | None
    reasons: Sequence[Reason] = ()
    refusal: VaultError | None = field(default=None)

    @property
    def is_read(self) -> bool:
        """Whether there is text to read, as far as this person may know that."""
        return self.description is not None and not self.description.held.recording.is_sound

    @property
    def is_gone(self) -> bool:
        """Whether none of it is left for anybody."""
        parts = self.explanation.parts if self.explanation else ()
        ended = bool(parts) and all(fate.state is State.DESTROYED for _, fate in parts)
        return isinstance(self.refusal, Destroyed) or (self.description is None and ended)

    @property
    def restricted(self) -> bool:
        """Whether it is stored and not used, as far as this person may know that."""
        return self.explanation is not None and self.explanation.restricted


@get(f"{RECORDINGS}/{{recording_id:uuid}}", opt={"action": (Action.SEARCH, Action.READ_RETENTION)})
async def show_recording(
    request: HTMXRequest, recording_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One recording, with the player where one has been let in."""
    return await recording_page(request, custody, caller, recording_id)


async def recording_page(
    request: Request[Any, Any, Any],
    custody: Custody,
    caller: Caller,
    recording_id: UUID,
    *,
    status: int = 200,
    problems: tuple[FieldProblem, ...] = (),
    form: dict[str, Any] | None = None,
) -> Response[str]:
    """The page, also with what was wrong with a form on it. Raises as `known`."""
    desk, view = await read_desk(custody, request), View.of(request.query_params)
    found = await known(custody, caller, recording_id, purpose=desk.purpose)
    if problems and found.refusal is not None and not found.restricted:
        # Who may not at all is not told how to fill the form in.
        raise found.refusal
    shown = _facts(found) | {"desk": desk, "view": view, "known": found, "form": form or {}}
    if found.is_gone:
        return page(request, "recordings/gone.html", status=410, **shown)
    heard = await hearing(custody, caller, found.id, _wanted(request), found.description)
    shown |= {"heard": heard, "at": _at(request)} | _asked(found, desk, heard, caller)
    shown |= await kept_panel(caller, found.explanation, found.reasons) if found.explanation else {"keeping": None}
    shown |= await _noted(custody, caller, found.description, desk)
    return page(
        request,
        "recordings/recording.html",
        status=status,
        problems=list(problems),
        done={**DONE, **panels.DONE},
        nonce=secrets.token_urlsafe(16) if heard.access else "",
        **shown,
    )


async def known(custody: Custody, caller: Caller, recording_id: UUID, *, purpose: str | None = None) -> Known:
    """What this person may know of a recording.

    Args:
        purpose: for which they said that they work.

    Raises:
        NotFound, NotAllowed, RefusedByPolicy: nothing.
    """
    description, refused = None, None
    try:
        description = await describe(custody, caller, recording_id, purpose=purpose)
    except Refused as error:
        refused = refusal(error.decision)
    except (NotFound, NotAllowed, Destroyed) as error:
        refused = error
    explanation: Explanation | None = None
    reasons: Sequence[Reason] = ()
    if caller.may(Action.READ_RETENTION):
        with suppress(NotFound):
            explanation, reasons = await explain_with_reasons(custody, caller, recording_id)
    if refused is not None and explanation is None and not isinstance(refused, Destroyed):
        raise refused
    return Known(id=recording_id, description=description, explanation=explanation, reasons=reasons, refusal=refused)


async def _noted(custody: Custody, caller: Caller, found: Description | None, desk: Desk) -> dict[str, Any]:
    """The notes; whoever may know nothing of the recording may hear nothing of it either, and reads none."""
    if found is None:
        return {"noted": None}
    purpose = desk.purpose if desk.purpose in found.purposes else None
    return noted_panel(caller, found.held.recording, await notes_of(custody, caller, found.held, purpose=purpose))


def _wanted(request: Request[Any, Any, Any]) -> UUID | None:
    """The access that the address names."""
    try:
        return UUID(request.query_params.get("access", ""))
    except ValueError:
        return None


def _at(request: Request[Any, Any, Any]) -> float:
    """Where to go on, in seconds."""
    asked = request.query_params.get("at", "")
    return float(asked) if re.fullmatch(r"\d{1,6}(\.\d)?", asked) else 0.0


def _facts(found: Known) -> dict[str, Any]:
    held = found.description.held if found.description else None
    parts = going(found.explanation, held)
    line = line_of(held) if held else None
    return {
        "held": held,
        "line": line,
        "name": _name(line),
        "contact": _contact(held.contact.fields) if held and held.contact else [],
        "parts_of_it": parts,
        "sentences": sentences(parts),
        "facts": held.recording.facts if held and held.recording.live(CONTENT) else {},
        "changes": list(dict.fromkeys(change.sentence for part in parts for change in part.changes)),
    }


def _asked(found: Known, desk: Desk, heard: Hearing, caller: Caller) -> dict[str, Any]:
    """What is to be asked before somebody listens, as far as the desk does not say it."""
    fits = desk.purpose in {purpose for purpose, _ in heard.purposes}
    return {
        "chosen": desk.purpose if fits else None,
        "unfit": desk.purpose is not None and not fits,
        "senders": SENDERS,
        "restricted_uses": words_of(RestrictedUse),
        "may_use_restricted": found.restricted and caller.may(Action.LIFT),
    }


def _contact(fields: dict[str, str | int]) -> list[tuple[str, str]]:
    return [(_titled(name), _shown(name, value)) for name, value in sorted(fields.items())]


def _titled(word: str) -> str:
    """A word as it begins a line; what is written in capitals within it stays so."""
    said = term(word)
    return said[:1].upper() + said[1:]


def _name(line: Line | None) -> str:
    """What the page is called."""
    if line is None:
        return _("A recording")
    return _("%(kind)s, %(moment)s") % {"kind": _titled(line.kind), "moment": moment(line.started_at)}


def _shown(name: str, value: str | int) -> str:
    if name == ContactField.DURATION:
        return _("%(seconds)s s") % {"seconds": value}
    if name not in MOMENT_FIELDS:
        return str(value)
    try:
        return moment(datetime.fromisoformat(str(value)))
    except ValueError:
        return str(value)
