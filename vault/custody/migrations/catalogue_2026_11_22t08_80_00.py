"""Whether somebody has ever come in, and since when they have been here as they are."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:80:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "members: whose account it is"

MEMBERS = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE member ADD COLUMN came_in_at timestamptz, ADD COLUMN known_since timestamptz;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(MEMBERS)

    manager.add_raw(run)
    return manager
