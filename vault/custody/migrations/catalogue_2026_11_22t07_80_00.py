"""One person's approval and the same person's later refusal both stand."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:80:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a refusal by whoever approved"

REFUSING = """
SET LOCAL lock_timeout = '5s';

DROP INDEX disclosure_decision_once;
CREATE UNIQUE INDEX disclosure_decision_once ON disclosure_decision (tenant_id, disclosure_id, member_id, verdict)
    WHERE verdict IN ('approved', 'refused');
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(REFUSING)

    manager.add_raw(run)
    return manager
