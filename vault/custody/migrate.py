"""Bringing the catalogue to its newest shape, as its owner."""

import contextlib
import io
import os
import re
from pathlib import Path

import asyncpg

MIGRATIONS = Path(__file__).parent / "migrations"
ID = re.compile(r'^ID = "([^"]+)"$', re.MULTILINE)


async def migrate(owner_url: str) -> None:
    """Apply what has not been applied yet, each migration in one transaction.

    Args:
        owner_url: the role that owns the tables; the application's own role may not.

    Raises:
        asyncpg.PostgresError: what PostgreSQL said; the failed migration changed nothing.
    """
    # Loading Piccolo's migrations takes as long as half of the vault's start, and is mostly for nothing.
    if not await _is_current(owner_url):
        await _apply(owner_url)


async def _is_current(owner_url: str) -> bool:
    connection = await asyncpg.connect(owner_url)
    try:
        rows = await connection.fetch("SELECT name FROM migration WHERE app_name = 'catalogue'")
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    known = {name for file in MIGRATIONS.glob("catalogue_*.py") for name in ID.findall(file.read_text())}
    return known <= {row["name"] for row in rows}


async def _apply(owner_url: str) -> None:
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

    from vault.custody.database import DB

    os.environ.setdefault("PICCOLO_CONF", "vault.custody.piccolo_conf")
    DB.use(owner_url)
    with contextlib.redirect_stdout(io.StringIO()):
        await ForwardsMigrationManager(app_name="catalogue").run()
