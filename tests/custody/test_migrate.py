"""The catalogue comes to its newest shape once, and is then left as it is."""

import os
import subprocess
import sys

import asyncpg

from infra.embedded import Endpoints, Stack
from tests.world import World
from vault.custody.migrate import MIGRATIONS, migrate


async def test_a_catalogue_that_is_up_to_date_is_left_as_it_is(world: World) -> None:
    database = world.settings.owner_database_url
    assert database is not None
    before = await applied(database)
    await migrate(database)
    assert await applied(database) == before


async def test_a_migration_that_is_missing_is_applied(running_stack: Stack) -> None:
    endpoints = running_stack.fresh_database("migrated")
    connection = await asyncpg.connect(endpoints.owner_database_url)
    # What Piccolo leaves behind when it is stopped after its own table.
    await connection.execute(
        "CREATE TABLE migration (id serial PRIMARY KEY, name varchar(200), app_name varchar(200), ran_on timestamp)"
    )
    await connection.close()
    run_vault_migrate(endpoints)
    assert len(await applied(endpoints.owner_database_url)) == len(list(MIGRATIONS.glob("catalogue_*.py")))


def run_vault_migrate(endpoints: Endpoints) -> None:
    """In a process of its own: in this one the vault that all tests share has its connections."""
    command = [sys.executable, "-m", "vault", "migrate"]
    subprocess.run(command, env=os.environ | endpoints.environment(), check=True, capture_output=True)


async def applied(database: str) -> list[tuple[object, ...]]:
    """What was applied, and when."""
    connection = await asyncpg.connect(database)
    try:
        return [tuple(row) for row in await connection.fetch("SELECT name, ran_on FROM migration")]
    finally:
        await connection.close()
