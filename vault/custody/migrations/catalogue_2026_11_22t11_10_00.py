"""What was read of a recording before it is given is written down, so that nothing else goes out."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T11:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what a reviewer saw"

SEEN = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE disclosure_item ADD COLUMN seen_sha256 bytea;
-- What is not decided yet and of which nobody wrote down what they saw is looked at once more.
ALTER TABLE disclosure NO FORCE ROW LEVEL SECURITY;
ALTER TABLE disclosure_item NO FORCE ROW LEVEL SECURITY;
UPDATE disclosure_item i SET reviewed_by = NULL, reviewed_at = NULL FROM disclosure d
WHERE d.tenant_id = i.tenant_id AND d.id = i.disclosure_id AND d.state IN ('requested', 'half_approved')
    AND i.reviewed_at IS NOT NULL;
ALTER TABLE disclosure FORCE ROW LEVEL SECURITY;
ALTER TABLE disclosure_item FORCE ROW LEVEL SECURITY;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(SEEN)

    manager.add_raw(run)
    return manager
