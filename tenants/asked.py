"""What is asked and what is answered: who asks, what is known of the thing, permitted or refused with the clause."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tenants.contracts import ContractState
from tenants.oversight import OpenGlass
from tenants.policy import Citation
from tenants.recordings import Kind, Segment
from tenants.teams import Spell, Stretches
from tenants.vocabulary import Role, Scope


class Person(Struct, frozen=True, kw_only=True):
    """Who asks: a member of one controller, a machine of one, or (`tenant` None) the outsourcing firm's operator.

    `leads` are the agents of the teams that they lead today, each for as long as the agent was in the team. `glass` is
    what they have broken and is still open. `admitted` are the controllers that let in an operator from outside of the
    EEA; None for whoever needs no leave.
    """

    id: UUID
    tenant: UUID | None
    roles: frozenset[Role]
    agent_id: str | None = None
    leads: tuple[Spell, ...] = ()
    glass: OpenGlass | None = None
    admitted: frozenset[UUID] | None = None


class RecordingFacts(Struct, frozen=True, kw_only=True):
    """What a decision needs to know of one recording; `destroy_at` is that of the part asked for.

    `agent_id` tells whose call it was, `segments` who had it when where it went from one agent to another.
    """

    kind: Kind
    agent_id: str | None = None
    segments: tuple[Segment, ...] = ()
    started_at: datetime | None = None
    restricted_for: frozenset[str] = frozenset()
    destroyed: bool = False
    destroy_at: datetime | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What a decision needs to know of what is asked for: whose it is, and the recording if it is one."""

    tenant: UUID
    contract: ContractState
    recording: RecordingFacts | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """Permitted or refused, with the reason in one sentence.

    `rule` is a stable slug. `clause` quotes the promise behind a refusal, where a promise is behind it.
    `scope` narrows what a permitted search may find, to the calls of the agents in `reach` (None: of all). Of a
    recording that went from hand to hand, no more than `excerpts` may be heard where there are any. `hidden` tells that
    the asker must not learn that the thing exists: answer as if it did not. `glass` names the broken glass under which
    alone it is permitted.
    """

    permitted: bool
    reason: str
    rule: str
    clause: Citation | None = None
    scope: Scope = Scope.ALL
    reach: tuple[Spell, ...] | None = None
    excerpts: Stretches = ()
    hidden: bool = False
    glass: UUID | None = None

    @classmethod
    def permit(
        cls,
        reason: str,
        *,
        scope: Scope = Scope.ALL,
        clause: Citation | None = None,
        reach: tuple[Spell, ...] | None = None,
        excerpts: Stretches = (),
    ) -> "Decision":
        """Permit, within a scope."""
        return cls(
            permitted=True,
            reason=reason,
            rule="permitted",
            scope=scope,
            clause=clause,
            reach=reach,
            excerpts=excerpts,
        )

    @classmethod
    def refuse(cls, rule: str, reason: str, clause: Citation | None = None, *, hidden: bool = False) -> "Decision":
        """Refuse, quoting the clause that refuses."""
        return cls(permitted=False, reason=reason, rule=rule, clause=clause, hidden=hidden)

    def enforce(self) -> "Decision":
        """Give the decision back if it permits. Raises Refused otherwise."""
        if not self.permitted:
            raise Refused(self)
        return self


class Refused(Exception):
    """What was asked for is refused; `decision` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision
