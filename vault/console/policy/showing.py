"""The notice as it can be read, section by section, beside the rules that each of its clauses becomes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from tenants.decisions import Action
from tenants.policy import Clause, Policy
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.console.policy.rules import Rule, rules_of
from vault.console.rendering import page
from vault.errors import NotFound
from vault.policies.versions import Standing, Version, read, source_of, versions

DONE: dict[str, str] = {}


@dataclass(frozen=True)
class Promise:
    """One clause with its name, and the rules by which it is kept."""

    name: str
    clause: Clause
    rules: tuple[Rule, ...]


@dataclass
class Section:
    """A section of the notice."""

    title: str
    promises: list[Promise] = field(default_factory=list)


@get("/policy", opt={"action": Action.READ_POLICY})
async def show_policy(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The notice in force."""
    return _shown(request, *await read(custody, caller))


@get("/policy/versions/{number:int}", opt={"action": Action.READ_POLICY})
async def show_version(
    request: Request[Caller, Any, Any], number: FromPath[int], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """The notice as one version has it."""
    return _shown(request, *await read(custody, caller, number))


@get("/policy/versions/{number:int}/file", opt={"action": Action.READ_POLICY})
async def send_file(number: FromPath[int], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The file of one version, as it was published."""
    if all(one.version != number for one in await versions(custody, caller)):
        raise NotFound
    named = {"content-disposition": f'attachment; filename="policy-{number}.toml"', "cache-control": "no-store"}
    return Response(await source_of(caller, number), media_type="application/toml", headers=named)


def sections(policy: Policy, rules: Sequence[Rule]) -> Iterator[Section]:
    """The clauses in the order of the file, those of one section together; each with its rules."""
    found: dict[str, Section] = {}
    for name, clause in policy.clauses.items():
        kept = tuple(rule for rule in rules if rule.clause == name)
        found.setdefault(clause.section, Section(clause.section)).promises.append(Promise(name, clause, kept))
    yield from found.values()


def _shown(request: Request[Caller, Any, Any], policy: Policy, published: list[Version]) -> Response[str]:
    rules = list(rules_of(policy))
    return page(
        request,
        "policy/policy.html",
        done=DONE,
        policy=policy,
        shown=next(one for one in published if one.version == policy.version),
        sections=list(sections(policy, rules)),
        unfounded=[rule for rule in rules if rule.clause is None],
        coming=_coming(published),
    )


def _coming(published: list[Version]) -> list[tuple[int, date]]:
    return [(one.version, one.effective_from) for one in published if one.standing is Standing.TO_COME]
