"""An approval of a scope that changed is void; who made a delegation; what is held for which disclosure."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "deciding on disclosures"

DECIDING = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE disclosure ADD COLUMN alarmed_at timestamptz;
ALTER TABLE disclosure_decision ADD COLUMN delegated_by uuid;
DROP INDEX disclosure_decision_tenant_id_disclosure_id_scope_sha256_me_idx;
CREATE UNIQUE INDEX disclosure_decision_once ON disclosure_decision (tenant_id, disclosure_id, member_id)
    WHERE verdict IN ('approved', 'refused');
CREATE INDEX disclosure_decision_of ON disclosure_decision (tenant_id, disclosure_id);
CREATE INDEX delegation_of_stand_in ON delegation (tenant_id, stand_in_id);
ALTER TABLE hold ADD COLUMN disclosure_id uuid;
CREATE INDEX hold_for_disclosure ON hold (tenant_id, disclosure_id)
    WHERE disclosure_id IS NOT NULL AND released_at IS NULL;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(DECIDING)

    manager.add_raw(run)
    return manager
