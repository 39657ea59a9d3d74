"""Isolation is a property of the schema: what holds a controller's rows is closed to every other controller."""

import asyncpg
import pytest
from piccolo.columns import Column

from tests.world import World
from vault.custody.database import DB, tenant_scope
from vault.custody.tables import OPEN_TO_THE_PLATFORM, TABLES


async def _owner(world: World) -> asyncpg.Connection:
    return await asyncpg.connect(world.settings.owner_database_url)


async def test_every_table_of_a_controllers_rows_has_a_forced_policy(world: World) -> None:
    owner = await _owner(world)
    exposed = await owner.fetch("""
        SELECT c.relname FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity
              AND EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname))""")
    await owner.close()
    assert {row["relname"] for row in exposed} == set(OPEN_TO_THE_PLATFORM)


async def test_the_applications_role_can_neither_bypass_a_policy_nor_own_a_table(world: World) -> None:
    house = await world.house("prh")
    async with tenant_scope(house.tenant):
        role = (await DB.fetch("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"))[0]
        owned = await DB.fetch("SELECT 1 FROM pg_tables WHERE tableowner = current_user")
    assert not role["rolsuper"]
    assert not role["rolbypassrls"]
    assert not owned


@pytest.mark.parametrize("table", [table._meta.tablename for table in TABLES])
async def test_the_tables_in_code_are_the_tables_in_the_catalogue(world: World, table: str) -> None:
    owner = await _owner(world)
    found = await owner.fetch(
        "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = $1", table
    )
    await owner.close()
    coded = next(each for each in TABLES if each._meta.tablename == table)
    assert {row["column_name"] for row in found} == {column._meta.db_column_name for column in coded._meta.columns}
    nullable = {row["column_name"] for row in found if row["is_nullable"] == "YES"}
    assert nullable == {column._meta.db_column_name for column in coded._meta.columns if _may_be_null(column)}


async def test_no_table_is_missing_from_the_code(world: World) -> None:
    owner = await _owner(world)
    found = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await owner.close()
    assert {row["tablename"] for row in found} - {"migration"} == {table._meta.tablename for table in TABLES}


async def test_outside_a_scope_a_query_is_refused_rather_than_answered_empty() -> None:
    with pytest.raises(RuntimeError, match="scope"):
        await DB.fetch("SELECT 1")


async def test_rows_of_another_controller_are_neither_seen_nor_written(world: World) -> None:
    mine, other = await world.house("prh"), await world.house("prh")
    async with tenant_scope(mine.tenant):
        seen = await DB.fetch("SELECT DISTINCT tenant_id FROM member")
        assert {row["tenant_id"] for row in seen} == {mine.tenant}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant_scope(mine.tenant):
            await DB.fetch("INSERT INTO audit_head VALUES ($1, 0)", other.tenant)


async def test_the_log_can_be_neither_changed_nor_shortened(world: World) -> None:
    house = await world.house("prh")
    for statement in ("UPDATE audit_event SET act = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with tenant_scope(house.tenant):
                await DB.fetch(statement)
    owner = await _owner(world)
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await owner.execute("DELETE FROM audit_event")
    await owner.close()


def _may_be_null(column: Column) -> bool:
    return bool(column._meta.null)
