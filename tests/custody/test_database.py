"""A scope that does not begin takes nothing with it."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from tests.world import World
from vault.custody import audit
from vault.custody.audit import LogBroken
from vault.custody.database import DB, PLATFORM, Database, Reach, Transaction, tenant_scope
from vault.custody.tree import HashAt
from vault.custody.volatile import Volatile
from vault.errors import Invalid, NotFound, Unavailable


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
    with pytest.raises(Unavailable):
        async with Transaction(DB, "BEGIN") as scope:
            scope.connection.terminate()
    async with tenant_scope(uuid4()):
        assert (await DB.fetch("SELECT 1"))[0][0] == 1


async def test_a_session_that_is_cut_in_a_scope_is_told_as_a_catalogue_that_does_not_answer(world: World) -> None:
    with pytest.raises(Unavailable):
        async with tenant_scope(uuid4()):
            pid = (await DB.fetch("SELECT pg_backend_pid()"))[0][0]
            other = await asyncpg.connect(world.settings.database_url)
            await other.execute("SELECT pg_terminate_backend($1)", pid)
            await other.close()
            await DB.fetch("SELECT 1")
    async with tenant_scope(uuid4()):
        assert (await DB.fetch("SELECT 1"))[0][0] == 1


async def test_a_query_outside_any_scope_is_a_mistake_in_the_code() -> None:
    with pytest.raises(RuntimeError, match="outside any scope"):
        await DB.fetch("SELECT 1")


@pytest.mark.parametrize(
    ("cast", "value"),
    [("text", "a\x00b"), ("jsonb", '"\\u0000"'), ("int", 2**31), ("bigint", -(2**63) - 1)],
    ids=["text", "json", "int", "bigint"],
)
async def test_what_no_column_holds_is_the_askers_mistake(world: World, cast: str, value: object) -> None:
    with pytest.raises(Invalid):
        async with tenant_scope(uuid4()):
            await DB.fetch(f"SELECT ($1::{cast})::text", value)
    with pytest.raises(asyncpg.DataError):
        async with tenant_scope(uuid4()):
            await DB.fetch("SELECT $1::uuid", "nobody's")


async def test_a_stranger_who_sends_nul_is_told_of_their_mistake(world: World) -> None:
    answer = await world.client.post("/v1/sign-in", json={"controller": "a\x00b"})
    assert (answer.status_code, "NUL" in answer.text) == (422, True)


async def test_where_valkey_does_not_answer_it_is_said_that_nothing_was_half_done() -> None:
    async with Volatile.open("redis://127.0.0.1:1") as volatile:
        with pytest.raises(Unavailable, match="Nothing was half done"):
            async with volatile.asked() as client:
                await client.ping()


async def test_a_server_that_is_not_there_is_told_as_a_catalogue_that_does_not_answer() -> None:
    database = Database()
    database.use("postgresql://vault_app:x@127.0.0.1:1/vault")
    with pytest.raises(Unavailable):
        async with Transaction(database, "BEGIN"):
            pass


async def test_what_the_server_refuses_at_the_commit_is_told_in_its_own_words(world: World) -> None:
    owner = await asyncpg.connect(world.settings.owner_database_url)
    await owner.execute("CREATE TABLE twice (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    await owner.execute("GRANT INSERT ON twice TO vault_app")
    try:
        with pytest.raises(asyncpg.UniqueViolationError):
            async with tenant_scope(uuid4()):
                await DB.fetch("INSERT INTO twice VALUES (1), (1)")
    finally:
        await owner.execute("DROP TABLE twice")
        await owner.close()


async def test_a_scope_that_is_given_up_in_the_midst_of_a_statement_leaves_the_pool_its_connections(
    world: World,
) -> None:
    assert DB.pool is not None
    for _ in range(DB.pool.get_max_size()):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), Transaction(DB, "BEGIN; SELECT pg_sleep(5)"):
                pass
    async with asyncio.timeout(5), tenant_scope(uuid4()):
        assert (await DB.fetch("SELECT 1"))[0][0] == 1


async def test_without_a_pool_a_scope_has_a_connection_of_its_own(world: World) -> None:
    database = Database()
    database.use(world.settings.database_url)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with Transaction(database, "BEGIN; SELECT 1/0"):
            pass
    await database.close_pool()


async def test_out_of_reach_is_as_if_it_were_not_there() -> None:
    within = uuid4()
    reach = Reach(frozenset({within}))
    reach.touch(within)
    reach.touch(PLATFORM)
    with pytest.raises(NotFound):
        reach.touch(uuid4())
    assert reach.touched == {within}


async def test_a_hash_that_a_log_should_have_and_lacks_is_named(world: World) -> None:
    house = await world.house("prh")
    async with tenant_scope(house.tenant):
        with pytest.raises(LogBroken):
            await audit.stored(house.tenant, [HashAt(0, 10**6)])
