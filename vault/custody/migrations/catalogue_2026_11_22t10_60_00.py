"""What has come in lately is counted while somebody looks on, whatever lies in the catalogue and in the log."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T10:60:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what has come in lately"

LATELY = """
SET LOCAL lock_timeout = '5s';

CREATE INDEX recording_received ON recording (tenant_id, received_at) INCLUDE (kind);
-- Few of the log's events are refusals.
CREATE INDEX audit_event_refused ON audit_event (tenant_id, at) WHERE act = 'recording.refused';
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(LATELY)

    manager.add_raw(run)
    return manager
