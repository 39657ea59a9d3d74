"""A policy file is taken as a whole or refused with everything that is wrong in it."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice
from typing import Any, Final

import msgspec
from msgspec import Struct, inspect

from tenants.bounds import excess
from tenants.contracts import Contract
from tenants.lines import Lines
from tenants.policy import Policy
from tenants.recordings import ContactField, Kind
from tenants.regions import REGIONS, allowed_regions
from tenants.retention import promised_until
from tenants.shape import Finding, compare, dig, nearest
from tenants.vocabulary import Area, Role, Scope

MOST_TOLD: Final = 100
"""Mistakes of one file; whoever makes more mends these first, and none costs more than it tells."""


class PolicyProblem(Struct, frozen=True, kw_only=True):
    """One mistake in a policy: which file, where in it, what is wrong, what would be right."""

    source: str
    line: int | None
    path: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Say it in the form that editors and terminals link: `file:line: path: problem (remedy)`."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return ": ".join(part for part in (place, self.path, f"{self.problem} ({self.remedy})") if part)


class PolicyInvalid(ValueError):
    """The policy is refused; `problems` names every mistake, in the order of the file."""

    def __init__(self, problems: Iterable[PolicyProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.path)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_policy(text: str, *, source: str) -> Policy:
    """Read a policy file; `source` names it in what is said about it. Raises PolicyInvalid."""
    if much := excess(text):
        line, found = much
        told = PolicyProblem(source=source, line=line, path="", problem=found.problem, remedy=found.remedy)
        raise PolicyInvalid([told])
    try:
        document = tomllib.loads(text)
        # What was read may still be too deep to be told.
        findings = list(islice(_findings(document), MOST_TOLD + 1))
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid([_syntax_problem(error, source)]) from error
    except RecursionError:
        raise PolicyInvalid([_nested_problem(source)]) from None
    if findings:
        lines = Lines(text)
        problems = [_problem(finding, lines, source) for finding in findings[:MOST_TOLD]]
        raise PolicyInvalid(problems + [_more_problem(source)] * (len(findings) > MOST_TOLD))
    return msgspec.convert(document, Policy)


def read_published(text: str) -> Policy:
    """Read a version that was checked when it was published: it stands, whatever has become stricter since."""
    return msgspec.convert(tomllib.loads(text), Policy)


def _findings(document: dict[str, Any]) -> Iterator[Finding]:
    """Find the mistakes one after the other, so that whoever has heard enough can stop."""
    return chain(compare(_language(), document, (), document), _contradictions(document))


@cache
def _language() -> inspect.Type:
    """The whole language, read off its types once."""
    return inspect.type_info(Policy)


def check_against_contract(policy: Policy, contract: Contract, *, source: str = "policy") -> tuple[PolicyProblem, ...]:
    """Find the retentions that are longer than the contract itself.

    Everything is destroyed when the contract ends, so such a promise could not be kept for a single recording.
    """
    return tuple(
        PolicyProblem(
            source=source,
            line=None,
            path=f"recorded.kinds.{kind.value}.retention.{part_class.value}.keep",
            problem=f"{rule.keep} is longer than the contract ({contract.starts_on} to {contract.ends_on})",
            remedy="shorten the retention, write 'contract', or agree on a longer contract",
        )
        for kind, kind_rule in policy.recorded.kinds.items()
        for part_class, rule in kind_rule.retention.by_class().items()
        if (until := promised_until(contract.starts_at, rule.retention, policy.time_zone)) and until > contract.ends_at
    )


def _syntax_problem(error: tomllib.TOMLDecodeError, source: str) -> PolicyProblem:
    told = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
    what, line = told.groups() if told else (str(error), None)
    return PolicyProblem(
        source=source,
        line=int(line) if line else None,
        path="",
        problem=f"this is not TOML: {what}",
        remedy="correct the syntax, see https://toml.io",
    )


def _nested_problem(source: str) -> PolicyProblem:
    problem = "arrays or tables stand deeper within each other than can be read"
    return PolicyProblem(source=source, line=None, path="", problem=problem, remedy="a policy has seven levels at most")


def _more_problem(source: str) -> PolicyProblem:
    problem = f"there are more mistakes than the {MOST_TOLD} that are told here"
    return PolicyProblem(source=source, line=None, path="", problem=problem, remedy="mend these first")


def _problem(finding: Finding, lines: Lines, source: str) -> PolicyProblem:
    return PolicyProblem(
        source=source,
        line=lines.of(finding.path, finding.value),
        path=".".join(str(step) for step in finding.path),
        problem=finding.problem,
        remedy=finding.remedy,
    )


def _contradictions(document: dict[str, Any]) -> Iterator[Finding]:
    """Find rules that are well formed and cannot hold together; what is malformed was reported already."""
    yield from _region_outside(dig(document, "transfer"))
    for kind in dig(document, "recorded", "kinds"):
        yield from _unfounded_kind(kind, dig(document, "recorded", "kinds", kind))
    yield from _unfit_listeners(document)
    yield from _unfounded_return(dig(document, "contract_end"))


def _region_outside(transfer: dict[str, Any]) -> Iterator[Finding]:
    region, area, path = transfer.get("region"), transfer.get("area"), ("transfer", "region")
    if not isinstance(region, str) or area not in list(Area):
        return
    allowed = allowed_regions(Area(area))
    if region not in REGIONS:
        yield Finding(path, f"the region {region!r} is not known", nearest(region, allowed), region)
    elif region not in allowed:
        problem = f"the region {region!r} lies in {REGIONS[region]}, outside the {area} that the transfer rule promises"
        yield Finding(path, problem, f"write one of: {', '.join(allowed)}", region)


def _unfounded_kind(kind: str, rule: dict[str, Any]) -> Iterator[Finding]:
    path = ("recorded", "kinds", kind)
    if rule.get("purposes") == []:
        problem = f"the content of a {kind} is kept with no purpose"
        yield Finding((*path, "purposes"), problem, "name its purposes, or do not record this kind")
    fields = rule.get("contact_fields")
    if isinstance(fields, list) and not {ContactField.START, ContactField.SENT_AT} & {str(field) for field in fields}:
        problem = f"the policy does not name the moment of a {kind}, from which its retention is counted"
        yield Finding((*path, "contact_fields"), problem, "add 'start' or 'sent_at'")
    if kind == Kind.CALL and "identifiers" in dig(rule, "retention"):
        problem = "digits can be cut out of a transcript, not out of a call's audio"
        yield Finding((*path, "retention", "identifiers"), problem, "remove it from this kind")


def _unfit_listeners(document: dict[str, Any]) -> Iterator[Finding]:
    kinds = dig(document, "recorded", "kinds")
    agents_known = any(ContactField.AGENT_ID in _texts(dig(kinds, kind), "contact_fields") for kind in kinds)
    breaking = dig(document, "access", "break_glass")
    for role in {*_texts(breaking, "roles")} - {Role.MAINTENANCE, Role.SECURITY}:
        problem = f"the role {role!r} does not break the glass"
        yield Finding(("access", "break_glass", "roles"), problem, "write 'maintenance' and 'security' at most", role)
    for role, rule in dig(document, "access", "roles").items():
        path = ("access", "roles", role)
        if role in (Role.OPERATOR, Role.INGEST, Role.RECIPIENT, Role.PROVISIONING):
            yield Finding(
                path, f"the role {role!r} never hears content", "remove it: content belongs to the controller"
            )
        scope = dig({"rule": rule}, "rule").get("scope")
        if scope in (Scope.OWN_CALLS, Scope.OWN_TEAMS) and not agents_known:
            problem = "nobody's own calls can be told, since no kind names the field 'agent_id'"
            yield Finding((*path, "scope"), problem, "add 'agent_id' to contact_fields of a kind")
        if scope == Scope.OWN_TEAMS and role != Role.SUPERVISOR:
            problem = f"the role {role!r} leads no teams"
            yield Finding((*path, "scope"), problem, "write 'own_teams' of the role 'supervisor' only")


def _unfounded_return(end: dict[str, Any]) -> Iterator[Finding]:
    if end.get("return_before") is True and "return_clause" not in end:
        problem = "everything is returned before it is destroyed, and no clause says so"
        yield Finding(
            ("contract_end", "return_before"), problem, "add 'return_clause', or remove 'return_before'", True
        )


def _texts(table: dict[str, Any], key: str) -> list[str]:
    value = table.get(key)
    return [str(item) for item in value] if isinstance(value, list) else []
