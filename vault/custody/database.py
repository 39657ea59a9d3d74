"""One way in to PostgreSQL: a transaction that can see one controller, or the platform's own register."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from vault.errors import Invalid, NotFound, Unavailable

PLATFORM = UUID(int=0)
"""The tenant id of the outsourcing firm itself: its operators and its own log."""


@dataclass(frozen=True)
class Reach:
    """The controllers that whoever asks was let in to, and those that they have touched."""

    tenants: frozenset[UUID]
    touched: set[UUID] = field(default_factory=set)

    def touch(self, tenant: UUID) -> None:
        """Raises NotFound for a controller out of reach; the platform's own register is in everybody's."""
        if tenant == PLATFORM:
            return
        if tenant not in self.tenants:
            raise NotFound
        self.touched.add(tenant)

    @property
    def opening(self) -> str:
        """What narrows a transaction of the platform to them: the policies `within_reach` of the catalogue."""
        self.touched.update(self.tenants)
        return f"; SET LOCAL vault.reach = '{','.join(sorted(map(str, self.tenants))) or 'nobody'}'"


REACH: ContextVar[Reach | None] = ContextVar("reach", default=None)
"""Set for a request of somebody who may reach some controllers only, whatever their role: else None."""

AWAY = "The catalogue does not answer. Nothing was half done; try again."


class Transaction(PostgresTransaction):
    """Piccolo's transaction, which names its tenant in the message that begins it.

    Where BEGIN or COMMIT fails the connection still goes back to the pool, which Piccolo's own does not see to; closed,
    since nobody knows what is open on it. Where there is no connection, or it is lost meanwhile, Unavailable is raised.
    """

    def __init__(self, engine: "Database", opening: str) -> None:
        super().__init__(engine, allow_nested=False)
        self.opening = opening

    async def get_connection(self) -> Any:
        try:
            return await (self.engine.pool.acquire() if self.engine.pool else self.engine.get_new_connection())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise Unavailable(AWAY) from error

    async def begin(self) -> None:
        async with self._giving_back():
            await self.connection.execute(self.opening)

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")
        self._committed = True

    async def rollback(self) -> None:
        await self.connection.execute("ROLLBACK")
        self._rolled_back = True

    async def __aexit__(self, *outcome: Any) -> bool:
        try:
            async with self._giving_back():
                return bool(await super().__aexit__(*outcome))
        except BaseException:
            self.engine.current_transaction.reset(self.context)
            raise

    @asynccontextmanager
    async def _giving_back(self) -> AsyncIterator[None]:
        """Give the connection back where what is done with it inside fails."""
        try:
            yield
        except Exception as error:
            lost = self._is_lost()
            await self._give_back()
            if lost:
                raise Unavailable(AWAY) from error
            raise
        except BaseException:
            await self._give_back()
            raise

    def _is_lost(self) -> bool:
        try:
            return bool(self.connection.is_closed())
        except asyncpg.InterfaceError:  # the pool has it back already
            return True

    async def _give_back(self) -> None:
        # Where the server has closed it, the pool has it back already, and says so.
        with suppress(asyncpg.InterfaceError):
            self.connection.terminate()
            if self.engine.pool:
                await self.engine.pool.release(self.connection)


class Database(PostgresEngine):
    """The engine all tables hang on. It connects when told to, not when imported."""

    def __init__(self) -> None:
        super().__init__(config={}, extensions=())

    async def check_version(self) -> None:
        """Asked of the server when the pool opens, not at import."""

    async def prep_database(self) -> None:
        """The vault needs no extensions."""

    def use(self, url: str) -> None:
        """Name the database; nothing is connected yet."""
        self.config = {"dsn": url}

    async def open_pool(self, url: str, *, size: int = 12) -> None:
        """Open the connections this process works with."""
        self.use(url)
        await self.start_connection_pool(min_size=1, max_size=size, reset=_keep, command_timeout=60)

    async def close_pool(self) -> None:
        if self.pool:
            await self.close_connection_pool()

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement with `$1` placeholders in the open scope; raises where no scope is open.

        Raises:
            Invalid: a text holds the character NUL, or a number is beyond what its column holds.
        """
        with _holdable():
            return list(await self._scope().connection.fetch(sql, *arguments))

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """What Piccolo's own queries run; raises as `fetch` does."""
        with _holdable():
            return await super().run_querystring(querystring, in_pool)

    async def script(self, sql: str) -> None:
        """Run several statements without placeholders in the open scope: for migrations."""
        await self._scope().connection.execute(sql)

    def _scope(self) -> PostgresTransaction:
        scope: PostgresTransaction | None = self.current_transaction.get()
        if scope is None:
            raise RuntimeError("A query outside any scope would see nothing: open tenant_scope or platform_scope.")
        return scope


@contextmanager
def _holdable() -> Iterator[None]:
    try:
        yield
    except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
        raise Invalid("A text holds a character that cannot be kept: NUL (U+0000).") from error
    except asyncpg.DataError as error:
        if isinstance(error.__cause__, OverflowError):
            raise Invalid("A number is too large, or too small.") from error
        raise


async def _keep(_: Any) -> None:
    """Scopes end with their transaction, so a connection returns to the pool with nothing to reset."""


DB = Database()


@asynccontextmanager
async def tenant_scope(tenant: UUID) -> AsyncIterator[None]:
    """One transaction that can see one controller's rows. Scopes never nest. Raises NotFound out of reach."""
    _require_reach(tenant)
    async with Transaction(DB, f"BEGIN; SET LOCAL vault.tenant_id = '{tenant}'"):
        yield


@asynccontextmanager
async def platform_scope() -> AsyncIterator[None]:
    """One transaction that sees the register of controllers and contracts, and the tables that hold ids only."""
    reach = REACH.get()
    within = "" if reach is None else reach.opening
    opening = f"BEGIN; SET LOCAL vault.platform = 'on'; SET LOCAL vault.tenant_id = '{PLATFORM}'{within}"
    async with Transaction(DB, opening):
        yield


@asynccontextmanager
async def sealing_scope() -> AsyncIterator[None]:
    """One transaction that sees in which logs something waits to be sealed or signed, and no other row of theirs."""
    async with Transaction(DB, "BEGIN; SET LOCAL vault.sealing = 'on'"):
        yield


async def narrow(tenant: UUID) -> None:
    """From the open platform scope into one controller's rows, once a credential has said whose it is.

    Raises:
        NotFound: the controller is out of reach.
    """
    _require_reach(tenant)
    await DB.script(f"SET LOCAL vault.platform = ''; SET LOCAL vault.tenant_id = '{tenant}'")


def _require_reach(tenant: UUID) -> None:
    reach = REACH.get()
    if reach is not None:
        reach.touch(tenant)
