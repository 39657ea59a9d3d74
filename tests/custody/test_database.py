"""A scope that does not begin takes nothing with it."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from tests.world import World
from vault.custody.database import DB, Database, Transaction, tenant_scope


async def test_scopes_that_fail_to_begin_leave_the_pool_its_connections(world: World) -> None:
    assert DB.pool is not None
    for _ in range(DB.pool.get_max_size()):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with Transaction(DB, "BEGIN; SELECT 1/0"):
                pass
    assert DB.pool.get_idle_size() or DB.pool.get_size() < DB.pool.get_max_size(), "every connection is lost"
    async with asyncio.timeout(5), tenant_scope(uuid4()):
        assert (await DB.fetch("SELECT 1"))[0][0] == 1


async def test_a_commit_that_fails_is_told_and_the_next_scope_works(world: World) -> None:
    with pytest.raises(asyncpg.InterfaceError):
        async with Transaction(DB, "BEGIN") as scope:
            scope.connection.terminate()
    async with tenant_scope(uuid4()):
        assert (await DB.fetch("SELECT 1"))[0][0] == 1


async def test_without_a_pool_a_scope_has_a_connection_of_its_own(world: World) -> None:
    database = Database()
    database.use(world.settings.database_url)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with Transaction(database, "BEGIN; SELECT 1/0"):
            pass
    await database.close_pool()
