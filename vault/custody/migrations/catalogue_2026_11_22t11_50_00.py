"""Searches, and looks at what a recording is, are counted beside what was listened to, each against its own habit."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T11:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "unusual numbers of searches and looks"

MEASURES = """
SET LOCAL lock_timeout = '5s';

-- What people searched for and looked at is counted from the log every ten minutes, without reading the rest of it.
CREATE INDEX audit_event_looks ON audit_event (tenant_id, at)
    WHERE act IN ('recordings.searched', 'recording.described') AND body IS NOT NULL;
-- The short lock comes last. Workers of the version before flag nothing until they are replaced.
ALTER TABLE unusual_volume ADD COLUMN measure text NOT NULL DEFAULT 'listens';
ALTER TABLE unusual_volume ALTER COLUMN measure DROP DEFAULT;
DROP INDEX unusual_volume_tenant_id_member_id_day_span_idx;
CREATE UNIQUE INDEX ON unusual_volume (tenant_id, member_id, day, span, measure);
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(MEASURES)

    manager.add_raw(run)
    return manager
