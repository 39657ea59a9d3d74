"""When a token was last used, by which it was replaced, and to which client certificate it is bound."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tokens: last use, rotation, client certificates"

TOKENS = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE credential
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN replaced_by uuid,
    ADD COLUMN bound_to bytea;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(TOKENS)

    manager.add_raw(run)
    return manager
