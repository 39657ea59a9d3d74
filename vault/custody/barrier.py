"""Whoever stores something by what stands now, and whoever changes what stands, are never under way at the same time.

Both stay so until their transaction ends. Many may store at once; who changes something waits for all of them and then
sees what they stored, and who comes later waits for the change and then sees that.
"""

from uuid import UUID

from vault.custody.database import DB


async def beside(tenant: UUID) -> None:
    """Store among others, in the controller's open scope; what was asked before this is asked again after it."""
    await DB.fetch("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", _name(tenant))


async def alone(tenant: UUID) -> None:
    """Change what others go by, in the controller's open scope. Locks on rows are taken before this, never after."""
    await DB.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _name(tenant))


def _name(tenant: UUID) -> str:
    return f"what stands {tenant}"
