"""Who may do what, as a table that is made from the decisions themselves: by role, by action, by what stands there.

Nothing is decided here: each cell asks `decide`. The page is infra/rights.md, where the tables stand between markers.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from tenants.actions import CONTENT_ACTIONS, Action
from tenants.contracts import ContractState
from tenants.decisions import MAY_RELEASE, ROLES, Decision, Facts, Person, RecordingFacts, decide
from tenants.oversight import OpenGlass
from tenants.policy import AccessRule, Policy
from tenants.recordings import Kind, Segment
from tenants.teams import Spell
from tenants.vocabulary import HoldReason, RestrictedUse, Role, Scope

NOW: Final = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
TENANT: Final = UUID(int=1)
OWN, MATE, OTHER = "own", "mate", "other"
_SINCE: Final = NOW - timedelta(days=30)


class Cell(StrEnum):
    """What is answered: permitted, as far as one's own segments, refused with a reason, or as if nothing were there."""

    YES = "yes"
    PART = "part"
    NO = "no"
    HIDDEN = "hidden"


class Situation(Struct, frozen=True, kw_only=True):
    """How a recording stands to whoever asks."""

    says: str
    recording: RecordingFacts
    contract: ContractState = ContractState.ACTIVE
    use: RestrictedUse | None = None
    glass: bool = False


def situations(kind: Kind) -> tuple[Situation, ...]:
    """Everything that makes a difference to who may hear a recording of a kind; the newest began a minute ago."""

    def of(says: str, agent: str | None = OTHER, *, age: int = 0, **more: object) -> Situation:
        started_at = NOW - timedelta(days=age, minutes=1)
        facts = RecordingFacts(kind=kind, agent_id=agent, started_at=started_at, **more)  # type: ignore[arg-type]  # any
        return Situation(says=says, recording=facts)

    another = of("another's call")
    hands = (Segment(agent_id=OWN, starts_ms=0, ends_ms=1), Segment(agent_id=OTHER, starts_ms=1, ends_ms=2))
    restricted = of("restricted", restricted_for=frozenset({"restricted"}))
    return (
        of("one's own call", OWN),
        of("a call of one's team", MATE),
        of("of the agent before they joined it", MATE, age=31),
        another,
        of("a call that one had a part of", None, segments=hands),
        restricted,
        structs.replace(restricted, says="restricted, for a legal claim", use=RestrictedUse.LEGAL_CLAIMS),
        structs.replace(another, says="another's call, the glass broken", glass=True),
        of("destroyed, or its day has come", destroyed=True),
        structs.replace(another, says="after the contract", contract=ContractState.ENDED),
    )


def somebody(role: Role, *, glass: bool = False) -> Person:
    """Whoever has one role alone: the agent `own`, who leads `mate` since a month ago, with glass broken or not."""
    return Person(
        id=UUID(int=7),
        tenant=None if role is Role.OPERATOR else TENANT,
        roles=frozenset({role}),
        agent_id=OWN,
        leads=(Spell(agent_id=MATE, since=_SINCE),),
        glass=OpenGlass(id=UUID(int=8), ends_at=NOW + timedelta(minutes=1)) if glass else None,
    )


def answered(decision: Decision) -> Cell:
    """A decision in one word."""
    if decision.permitted:
        return Cell.PART if decision.excerpts else Cell.YES
    return Cell.HIDDEN if decision.hidden else Cell.NO


def heard(policy: Policy, role: Role, situation: Situation) -> dict[str, Cell]:
    """For each purpose of the policy, whether the role may listen; for a use of what is restricted, under that name."""
    facts = Facts(tenant=TENANT, contract=situation.contract, recording=situation.recording)
    person = somebody(role, glass=situation.glass)
    if situation.use is not None:
        decision = decide(policy, person, Action.LISTEN, facts, None, NOW, situation.use)
        return {situation.use.value: answered(decision)}
    return {
        purpose: answered(decide(policy, person, Action.LISTEN, facts, purpose, NOW))
        for purpose in policy.purposes.allowed
    }


def done(policy: Policy, role: Role, action: Action) -> tuple[Cell, Cell]:
    """Whether the role may do what no notice speaks of, while the contract runs and once it is over."""
    person = somebody(role)
    during, after = (
        answered(decide(policy, person, action, Facts(tenant=TENANT, contract=state), None, NOW))
        for state in (ContractState.ACTIVE, ContractState.ENDED)
    )
    return during, after


def reference(policy: Policy) -> Policy:
    """A policy in which every scope stands: the same, whose supervisors hear their own teams only."""
    rules: dict[Role, AccessRule] = dict(policy.access.roles)
    rules[Role.SUPERVISOR] = structs.replace(rules[Role.SUPERVISOR], scope=Scope.OWN_TEAMS)
    return structs.replace(policy, access=structs.replace(policy.access, roles=rules))


def page(policies: Mapping[str, Policy], led: str) -> str:
    """The tables in Markdown: what no notice speaks of, then what each policy lets its roles hear.

    Args:
        led: the policy of which the reference is made.
    """
    lines = ["### What no notice speaks of", "", *_acts(policies[led])]
    lines += ["", "### Releasing a hold", "", *_releasing()]
    named = {**policies, f"{led}, were its supervisors to hear their own teams only": reference(policies[led])}
    for name, policy in named.items():
        lines += ["", f"### Listening under {name}", "", *_listening(policy)]
    return "\n".join(lines) + "\n"


def _acts(policy: Policy) -> Iterator[str]:
    roles = tuple(Role)
    yield _row(["action", *roles])
    yield _row(["---"] * (len(roles) + 1))
    for action in Action:
        if action not in CONTENT_ACTIONS:
            yield _row([f"`{action}`", *(_act(*done(policy, role, action)) for role in roles)])


def _releasing() -> Iterator[str]:
    yield _row(["held for", "released by"])
    yield _row(["---", "---"])
    for reason in HoldReason:
        may = MAY_RELEASE.get(reason, ROLES[Action.RELEASE]) & ROLES[Action.RELEASE]
        yield _row([f"`{reason}`", ", ".join(sorted(may))])


def _act(during: Cell, after: Cell) -> str:
    if during is not Cell.YES:
        return ""
    return "yes" if after is Cell.YES else "while the contract runs"


def _listening(policy: Policy) -> Iterator[str]:
    kind = next(iter(policy.recorded.kinds))
    roles = tuple(Role)
    yield f"Of a recording of the kind `{kind}`; a cell names the purposes. Reading a contact record is decided alike."
    yield ""
    yield _row(["", *roles])
    yield _row(["---"] * (len(roles) + 1))
    yield _row(["finding", *(_found(policy, role) for role in roles)])
    for situation in situations(kind):
        cells = (heard(policy, role, situation) for role in roles)
        yield _row([situation.says, *(_purposes(cell, len(policy.purposes.allowed)) for cell in cells)])


def _found(policy: Policy, role: Role) -> str:
    """What a search of the role's finds."""
    facts = Facts(tenant=TENANT, contract=ContractState.ACTIVE)
    decision = decide(policy, somebody(role), Action.SEARCH, facts, None, NOW)
    return decision.scope.value.replace("_", " ") if decision.permitted else ""


def _purposes(cells: Mapping[str, Cell], every: int) -> str:
    """The purposes that are permitted; how it is refused, where none is and the refusal is not the plain one."""
    permitted = [purpose for purpose, cell in cells.items() if cell in (Cell.YES, Cell.PART)]
    if permitted:
        names = "every purpose" if len(permitted) == every > 1 else ", ".join(permitted)
        return f"{names} *(part)*" if Cell.PART in cells.values() else names
    return "*nothing is here*" if Cell.HIDDEN in cells.values() else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
