"""The table of all acts, and the check that an event keeps to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from tenants.events.access import ACCESS
from tenants.events.disclosing import DISCLOSING
from tenants.events.federation import FEDERATION
from tenants.events.keeping import KEEPING
from tenants.events.overseeing import OVERSEEING
from tenants.events.people import PEOPLE
from tenants.events.teams import TEAMS
from tenants.events.words import REFUSAL, Act, Also, By, is_of, is_slug

ALL: Final = PEOPLE + ACCESS + KEEPING + DISCLOSING + OVERSEEING + TEAMS + FEDERATION
ACTS: Final[Mapping[str, Act]] = MappingProxyType({each.name: each for each in ALL})

DONE, WAS_REFUSED = "done", "refused"


class Undeclared(Exception):
    """The code writes an event that the table does not know: declare it in `tenants/events`, in one line."""


def check(
    name: str,
    *,
    has_actor: bool,
    has_object: bool,
    purpose: str | None,
    clause: str | None,
    outcome: str,
    details: Mapping[str, Any],
) -> None:
    """Let pass an event as its act is declared.

    Raises:
        Undeclared: the act, its actor, its object or a detail is not as it was declared.
    """
    declared = ACTS.get(name)
    if declared is None:
        raise Undeclared(f"The act {name!r} is not declared in tenants/events.")
    refused = outcome == WAS_REFUSED
    _require(refused or outcome == DONE, name, f"has an outcome {outcome!r}")
    _require(not refused or Also.REFUSED in declared.also, name, "is refused, and is not declared so")
    _require(bool(declared.by & (_KNOWN if has_actor else _UNKNOWN)), name, "is not done by such an actor")
    _require(not has_object or declared.of is not None, name, "has no object")
    _check_words(declared, purpose, clause, refused=refused)
    for detail, value in details.items():
        kind = declared.details.get(detail) or (REFUSAL.get(detail) if refused else None)
        _require(kind is not None, name, f"has no detail {detail!r}")
        # The value stays out of the sentence: it is what must not be told.
        fits = value is None or (kind is not None and is_of(kind, value))
        _require(fits, name, f"has another type of detail {detail!r}")


_KNOWN: Final = By.PERSON | By.MACHINE
_UNKNOWN: Final = By.WORKER | By.NOBODY


def _check_words(declared: Act, purpose: str | None, clause: str | None, *, refused: bool) -> None:
    if purpose is not None:
        _require(Also.PURPOSE in declared.also and is_slug(purpose), declared.name, "has no such purpose")
    if clause is not None:
        _require((refused or Also.CLAUSE in declared.also) and is_slug(clause), declared.name, "has no such clause")


def _require(true: bool, name: str, sentence: str) -> None:
    if not true:
        raise Undeclared(f"The act {name!r} {sentence}: see tenants/events.")
