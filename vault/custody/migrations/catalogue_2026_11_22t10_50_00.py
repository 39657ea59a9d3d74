"""Passkeys have a name of their owner's own, by which one of several is known again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T10:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "names of passkeys"

NAMES = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE passkey ADD COLUMN label text NOT NULL DEFAULT '' CHECK (length(label) <= 60);
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(NAMES)

    manager.add_raw(run)
    return manager
