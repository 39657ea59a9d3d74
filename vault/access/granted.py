"""What a disclosure lets somebody hear without a copy is asked of whoever gives it: here is nothing known of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.decisions import Decision
from vault.access.kept import KeptRecording
from vault.accounts import Caller
from vault.custody.register import Tenancy


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What a disclosure lets a person hear of one recording without a copy.

    `decision` says whether it does at this moment; `until` is when it ends. `excerpts`: from and until which
    millisecond, where not all of it may be heard.
    """

    disclosure: UUID
    decision: Decision
    until: datetime | None = None
    excerpts: tuple[tuple[int, int], ...] = ()


AskGrant = Callable[[Caller, Tenancy, UUID, KeptRecording, str], Awaitable[Granted]]
"""Asks a disclosure, by its id, what it lets a person hear of a recording for a purpose; in the open scope."""
