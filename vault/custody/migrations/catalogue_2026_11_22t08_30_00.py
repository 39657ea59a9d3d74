"""Since when a member has signed in anew: what was open before is over, whatever became of it in Valkey."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "people and how they sign in"

PEOPLE = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE member ADD COLUMN signed_out_at timestamptz;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(PEOPLE)

    manager.add_raw(run)
    return manager
