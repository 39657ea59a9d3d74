"""Every route is asked by everybody for what its description allows and for what it does not.

What is found: an answer of the vault's own failure, one that the description does not know, or one of another shape.
"""

import json
import math
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from tenants.policy import Policy
from tenants.reading import read_policy
from tenants.vocabulary import Role
from tests.structure.asking import routes
from tests.structure.test_routes import things_of
from tests.world import POLICIES, House
from vault.api.openapi import description

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

STRANGER: Final = "stranger"
"""Who asks without a credential, beside the roles."""

MOSTLY: Final = 0.75
"""How often somebody asks who may, and for a thing that there is."""

OWN_FAILURES: Final = frozenset({HTTPStatus.SERVICE_UNAVAILABLE})
"""A part the vault stands on may be away: of all answers from 500 up, this one is its own words."""

NOT_HTTP: Final = (HTTPStatus.BAD_REQUEST, "Invalid HTTP request received.")
"""What the server says by itself where an address is longer than it reads."""

NOWHERE: Final = "There is nothing at this address."
"""What is answered where the address is no route's, such as one with a word where an id stands."""

SECONDS: Final = 60
CHECKS: Final = [content_type_conformance, response_schema_conformance, response_headers_conformance]


@dataclass
class Report:
    """What was asked by whom, how it was answered, and what was wrong (once each)."""

    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    findings: dict[tuple[str, str], str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """It, in words."""
        yield f"requests    {self.requests.total()}"
        yield from (f"  {who:20} {count}" for who, count in sorted(self.requests.items()))
        yield "answers     " + ", ".join(f"{status}: {count}" for status, count in sorted(self.answers.items()))
        yield f"findings    {len(self.findings)}"
        yield from (f"  {route}: {what}\n    {told}" for (route, what), told in sorted(self.findings.items()))


@dataclass(frozen=True)
class Door:
    """A controller at an address: who may knock with which token, and the ids of what there is."""

    url: str
    tokens: Mapping[str, str] = field(repr=False)
    ids: Mapping[str, str]


async def door(house: House, url: str) -> Door:
    """A controller with somebody of every role, and one real thing of every kind that has an id.

    Whoever knocks may end their own token: the operator is another one than who onboards the next controller.
    """
    ids = await things_of(house)
    _, operator = await house.world.new_operator()
    tokens = {STRANGER: "", Role.OPERATOR.value: operator.token}
    for role in Role:
        if role is not Role.OPERATOR:
            who = await house.machine() if role is Role.INGEST else await house.person(role)
            tokens[role.value] = who.token
    return Door(url, tokens, ids)


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation, as the application describes itself at this moment."""
    schema = schemathesis.openapi.from_dict(json.loads(description()), config=schemathesis.Config())
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    # What ends something comes last: sessions, tokens and things that others ask for.
    return tuple(sorted(found, key=lambda operation: operation.method == "delete"))


@cache
def allowed() -> Mapping[str, tuple[str, ...]]:
    """Which roles an operation lets in; all, where it asks for no action."""
    policy: Policy = read_policy((POLICIES / "prh.toml").read_text(), source="prh.toml")
    return {
        route.name: tuple(role.value for role in Role if not route.actions or route.may(role, policy))
        for route in routes()
    }


def fuzz(
    at: Door, asked: Iterable[Operation], examples: int, with_seed: int, report: Report, until: float = math.inf
) -> None:
    """Ask each operation so many times, the one for what it allows and the next for what it does not; blocks.

    Args:
        until: when to stop in any case, by the monotonic clock.
    """
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    with requests.Session() as session:
        for number, operation in enumerate(asked, with_seed):
            if time.monotonic() > until:
                return
            _fuzz(at, session, operation, modes[number % 2], examples, number, report)


def _fuzz(
    at: Door,
    session: requests.Session,
    operation: Operation,
    mode: GenerationMode,
    examples: int,
    with_seed: int,
    report: Report,
) -> None:
    by = random.Random(with_seed)  # noqa: S311 - nothing is secret here
    let_in = [role for role in allowed().get(_name(operation), ()) if role in at.tokens] or list(at.tokens)

    @seed(with_seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def ask(case: Case[Any]) -> None:
        # Not drawn by Hypothesis, which begins with the first of everything.
        asking = by.choice(let_in if by.random() < MOSTLY else list(at.tokens))
        if by.random() < MOSTLY:
            _use(case, at.ids)
        headers = {"authorization": f"Bearer {at.tokens[asking]}"} if at.tokens[asking] else {}
        # What cannot even be sent, such as a header with a line feed in it, is nothing to be answered.
        with suppress(requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            answer = case.call(base_url=at.url, session=session, headers=headers, timeout=SECONDS)
            report.requests[asking] += 1
            report.answers[answer.status_code] += 1
            for what, told in _wrong(case, answer):
                report.findings.setdefault((operation.label, what), f"{asking}: {told}")

    # Of an operation without parameters and body there is nothing that its description does not allow.
    with suppress(SchemathesisError):
        ask()


def _wrong(case: Case[Any], answer: Response) -> Iterator[tuple[str, str]]:
    status, told = answer.status_code, answer.content.decode(errors="replace")  # some answers are bytes
    said = f"{answer.request.method} {answer.request.url} {answer.request.body!r:.300} -> {status} {told[:300]}"
    known = case.operation.definition.raw.get("responses", {})
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in OWN_FAILURES:
        yield f"{status}", said
    elif status < HTTPStatus.BAD_REQUEST and str(status) not in known:
        yield f"undocumented {status}", said
    if (status, told) == NOT_HTTP or (status == HTTPStatus.NOT_FOUND and NOWHERE in told):
        return
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield f"{status} {failure.title}", f"{failure.message[:500]}\n    {said}"


def _use(case: Case[Any], ids: Mapping[str, str]) -> None:
    """Put the ids of real things into the path, so that more is asked than whether there is such a thing."""
    for name in case.path_parameters or {}:
        if name in ids:
            case.path_parameters[name] = ids[name]


def _name(operation: Operation) -> str:
    return str(operation.definition.raw.get("operationId"))
