"""Which events are asked for, as it stands in a page's address: ids, words of ours and moments, and nobody's name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request

from tenants.events.table import ACTS
from vault.auditing.searching import Wanted
from vault.console.forms import instant
from vault.errors import FieldProblem, Invalid

NAMES = ("act", "object", "actor", "purpose", "outcome", "from", "to")


@dataclass(frozen=True)
class Asked:
    """The filter as it was typed, what it means, and what is wrong with it."""

    form: dict[str, str]
    wanted: Wanted
    problems: list[FieldProblem]

    def address(self, at: str = "/audit", **more: object) -> str:
        """An address that asks the same, and more."""
        said = self.form | {name: str(value) for name, value in more.items()}
        return f"{at}?{urlencode(said)}" if said else at


def asked(request: Request[Any, Any, Any]) -> Asked:
    """What the address asks for; what is wrong with it is told, and left out."""
    form = {name: value for name in NAMES if (value := request.query_params.get(name, "").strip())}
    problems: list[FieldProblem] = []
    wanted = Wanted(
        acts=_acts(form.get("act", ""), problems),
        actor=_id(form, "actor", problems),
        object_id=_id(form, "object", problems),
        purpose=form.get("purpose"),
        outcome=form.get("outcome"),
        since=_moment(form, "from", problems),
        until=_moment(form, "to", problems),
    )
    return Asked(form, wanted, problems)


def _acts(said: str, problems: list[FieldProblem]) -> tuple[str, ...]:
    """One act, or all whose name begins so, such as `hold`."""
    if not said:
        return ()
    found = (said,) if said in ACTS else tuple(name for name in ACTS if name.startswith(said.rstrip(".") + "."))
    if not found:
        problems.append(FieldProblem("act", "known", f"There is no act {said[:64]!r}."))
    return found


def _id(form: dict[str, str], name: str, problems: list[FieldProblem]) -> UUID | None:
    try:
        return UUID(form[name]) if name in form else None
    except ValueError:
        problems.append(FieldProblem(name, "uuid", "This is not an id."))
        return None


def _moment(form: dict[str, str], name: str, problems: list[FieldProblem]) -> datetime | None:
    try:
        return instant(form, name)
    except Invalid as error:
        problems += error.problems
        return None
