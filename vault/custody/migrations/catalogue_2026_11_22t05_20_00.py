"""An upload knows in which folders of the store anything of it may lie, since those are named after shred keys."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "objects lie under their shred key"

FOLDERS = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE upload ADD COLUMN folders text[] NOT NULL DEFAULT '{}';

-- What waits at this moment lies where objects used to lie, and is found there. The owner sees every row for as long
-- as it takes.
ALTER TABLE upload NO FORCE ROW LEVEL SECURITY;
UPDATE upload u SET folders = ARRAY[u.id::text], segments = coalesce((
    SELECT jsonb_agg(jsonb_build_array(s.piece->0, s.piece->1, u.id || '/segment-' || s.start) ORDER BY s.number)
    FROM (
        SELECT piece, number, coalesce(sum((piece->>0)::bigint) OVER (
            ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS start
        FROM jsonb_array_elements(u.segments) WITH ORDINALITY AS e (piece, number)
    ) s), '[]');
ALTER TABLE upload FORCE ROW LEVEL SECURITY;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(FOLDERS)

    manager.add_raw(run)
    return manager
