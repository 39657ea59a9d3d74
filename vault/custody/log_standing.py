"""Whether a log in the catalogue is the log that was signed for and copied, or an older one that a backup brought back.

Sealing goes on only where that was found out: an older catalogue than what was signed would give the same numbers to
other events. Who finds it out, from the store, is `vault.auditing.standing`.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from vault.custody import audit
from vault.custody.database import DB


class Standing(StrEnum):
    """What is known of a log."""

    UNKNOWN = "unknown"
    GOOD = "good"
    BEHIND = "behind"


async def standing(tenant: UUID) -> Standing:
    """What was found out of a log since this catalogue came about; in the log's open scope."""
    rows = await DB.fetch("SELECT behind FROM audit_standing WHERE tenant_id = $1", tenant)
    if not rows:
        return Standing.UNKNOWN
    return Standing.BEHIND if rows[0]["behind"] else Standing.GOOD


async def note(tenant: UUID, found: Standing) -> None:
    """Write down what was found out; in the log's open scope. A log that has just begun is good."""
    if found is Standing.UNKNOWN:
        await DB.fetch("DELETE FROM audit_standing WHERE tenant_id = $1", tenant)
        return
    await DB.fetch(
        "INSERT INTO audit_standing (tenant_id, behind) VALUES ($1, $2)"
        " ON CONFLICT (tenant_id) DO UPDATE SET behind = excluded.behind",
        tenant,
        found is Standing.BEHIND,
    )


async def size_of(tenant: UUID) -> int:
    """How many events are sealed, without sealing any; in the log's open scope."""
    rows = await DB.fetch("SELECT seq FROM audit_head WHERE tenant_id = $1", tenant)
    return int(rows[0]["seq"]) if rows else 0


async def append(tenant: UUID, size: int, bodies: Sequence[str | None], leaves: Sequence[bytes]) -> None:
    """Put events back behind the `size` that there are; in the scope of a log that is not known to be good.

    Args:
        bodies: of each event, None where it was erased.
        leaves: of each event its leaf hash, which counts where it has no body.
    """
    await DB.fetch("SELECT audit_take_back($1, $2, $3, $4)", tenant, size, list(bodies), list(leaves))
    await audit.grow(tenant, size, size + len(bodies))
