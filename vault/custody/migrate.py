"""Bringing the catalogue to its newest shape, as its owner."""

import contextlib
import io
import os

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

from vault.custody.database import DB


class MigrationFailed(Exception):
    """The catalogue was left as it was; the message is Piccolo's."""


async def migrate(owner_url: str) -> None:
    """Apply what has not been applied yet, each migration in one transaction.

    Args:
        owner_url: the role that owns the tables; the application's own role may not.

    Raises:
        MigrationFailed: naming what PostgreSQL said.
    """
    os.environ.setdefault("PICCOLO_CONF", "vault.custody.piccolo_conf")
    DB.use(owner_url)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = await ForwardsMigrationManager(app_name="catalogue").run()
    if not result.success:
        raise MigrationFailed(result.message or said.getvalue())
