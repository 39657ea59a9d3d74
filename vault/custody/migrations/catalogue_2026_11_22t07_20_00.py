"""By their hashes, the files of a package in which no mark can stand are traced."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "files of packages"

FILES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE package_file (
    tenant_id uuid NOT NULL,
    package_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (tenant_id, package_id, sha256)
);
CREATE INDEX ON package_file (tenant_id, sha256);
CREATE INDEX ON package (tenant_id, sha256);
"""

ISOLATION = """
ALTER TABLE package_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE package_file FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON package_file
    USING (tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON package_file TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (FILES, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
