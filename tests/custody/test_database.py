"""A scope that does not begin takes nothing with it."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from tests.world import World
from vault.custody.database import DB, Transaction, tenant_scope


async def test_scopes_that_fail_to_begin_leave_the_pool_its_connections(world: World) -> None:
    assert DB.pool is not None
    for _ in range(DB.pool.get_max_size()):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with Transaction(DB, "BEGIN; SELECT 1/0"):
                pass
    assert DB.pool.get_idle_size() or DB.pool.get_size() < DB.pool.get_max_size(), "every connection is lost"
    async with asyncio.timeout(5), tenant_scope(uuid4()):
        assert (await DB.fetch("SELECT 1"))[0][0] == 1
