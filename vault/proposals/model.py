"""A proposal and who handles it: each capability brings its own handlers, and the rim puts them into one mapping.

proposed ── approved ── carried_out     what was approved is done: with the decision, or by a job
        │           └── refused         when it was to be carried out the check said no, and nothing was done;
        │                               or the contract's end came before it was done
        ├── rejected                    by a second person
        ├── withdrawn                   by whoever proposed it
        └── lapsed                      nobody decided within `LASTS`
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tenants.decisions import Action
from vault.custody.custody import Custody

LASTS = timedelta(days=30)
"""How long a proposal waits for a second person."""


class State(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"
    REFUSED = "refused"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody wants done.

    `terms` are ids, dates and words of ours, kept in clear; `sealed_terms` may name a person and are sealed with the
    reason. Of one action on one object (`object_id`) only one proposal waits. A job begins `not_before` this moment.
    """

    action: str
    reason: str = field(repr=False)
    object_id: UUID | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    sealed_terms: Mapping[str, Any] = field(default_factory=dict, repr=False)
    not_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One proposal as its row says; `reason` and `decision_reason` are None once their key has gone.

    `effect` is what it would do, as the handler's check last computed it; `outcome` is what was done.
    `by_operator` and `decided_by_operator` tell whether that person was the outsourcing firm's; `proposed_as` and
    `decided_as` are the roles that they had then.
    """

    id: UUID
    tenant: UUID
    action: str
    object_id: UUID | None
    terms: Mapping[str, Any]
    sealed_terms: Mapping[str, Any] = field(repr=False)
    reason: str | None = field(repr=False)
    effect: Mapping[str, Any]
    state: State
    proposed_by: UUID
    by_operator: bool
    proposed_as: tuple[str, ...]
    proposed_at: datetime
    lapses_at: datetime
    not_before: datetime | None = None
    decided_by: UUID | None = None
    decided_by_operator: bool = False
    decided_as: tuple[str, ...] = ()
    decided_at: datetime | None = None
    decision_reason: str | None = field(default=None, repr=False)
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Mapping[str, Any] | None = None


Check = Callable[[Custody, Proposal], Awaitable[Mapping[str, Any]]]
"""Whether it may be done as things stand, asked outside of any scope; gives the `effect`: ids, counts, dates, slugs.

Asked at proposing, at deciding and before it is carried out. Raises a VaultError where it may not be done.
"""

AtOnce = Callable[[Custody, Proposal], Awaitable[Mapping[str, Any]]]
"""Does it in the open scope of the decision, and gives the `outcome`. No slow I/O; the audit log comes after it."""

ByJob = Callable[[Custody, Proposal], Awaitable[Mapping[str, Any] | None]]
"""Does it outside of any scope, may be killed anywhere and is called again until it gives the `outcome`."""

First = Callable[[UUID], Awaitable[None]]
"""Locks, in the open scope of an approval, what `at_once` needs and others lock before anybody's row."""


@dataclass(frozen=True)
class Handler:
    """How one action is proposed, decided and done: with the decision (`at_once`), by a job (`by_job`), or by both."""

    may_propose: Action
    may_decide: Action
    check: Check
    at_once: AtOnce | None = None
    by_job: ByJob | None = None
    first: First | None = None


Handlers = Mapping[str, Handler]
"""Handlers by the action's slug."""
