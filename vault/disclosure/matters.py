"""What a person from outside sees: the matters in which they receive something, and nothing else."""

from dataclasses import dataclass
from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import package_rows, rows
from vault.disclosure.model import Disclosure
from vault.disclosure.package_rows import Fetch, Package
from vault.disclosure.recipients import may_receive
from vault.disclosure.seals import Seal, seal_of
from vault.errors import NotFound

_MINE = (
    "SELECT * FROM disclosure d WHERE d.tenant_id = $1 AND (d.requested_by = $2 OR EXISTS (SELECT FROM"
    " disclosure_recipient r WHERE r.tenant_id = d.tenant_id AND r.disclosure_id = d.id AND r.member_id = $2))"
    " ORDER BY d.requested_at DESC, d.id"
)


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One disclosure as its recipient sees it: from which controller, sealed to what, and what they fetched."""

    controller: str
    disclosure: Disclosure
    seal: Seal | None
    package: Package | None
    fetches: tuple[Fetch, ...]

    def left(self) -> int | None:
        """How many more fetches may begin; None for any number."""
        if self.package is None or self.package.fetches_allowed is None:
            return None
        return max(self.package.fetches_allowed - len(self.fetches), 0)

    def open_fetch(self, member: UUID) -> Fetch | None:
        """The fetch that this person has begun and not completed."""
        if self.package is None:
            return None
        size = self.package.size
        return next((each for each in self.fetches if each.member_id == member and each.is_open(size)), None)


async def matters(custody: Custody, caller: Caller) -> list[Matter]:
    """The caller's own matters, newest first. Raises NotAllowed for whoever can receive none."""
    caller.require(Action.RECEIVE_DISCLOSURE)
    async with tenant_scope(caller.tenant):
        found = await rows.stored(caller.tenant, await DB.fetch(_MINE, caller.tenant, caller.id))
        mine = [one.disclosure for one in found if await may_receive(one.disclosure, caller.id)]
        return [await _matter(custody, each) for each in mine]


async def matter(custody: Custody, caller: Caller, disclosure_id: UUID) -> Matter:
    """One of them.

    Raises:
        NotAllowed: the caller can receive none.
        NotFound: no such matter of the caller's.
    """
    caller.require(Action.RECEIVE_DISCLOSURE)
    async with tenant_scope(caller.tenant):
        disclosure = (await rows.fetch(caller.tenant, disclosure_id)).disclosure
        if not await may_receive(disclosure, caller.id):
            raise NotFound
        return await _matter(custody, disclosure)


async def _matter(custody: Custody, disclosure: Disclosure) -> Matter:
    now = custody.clock.now()
    package = await package_rows.newest(disclosure.tenant, disclosure.id)
    return Matter(
        controller=(await tenancy(disclosure.tenant, at=now)).name,
        disclosure=disclosure,
        seal=await seal_of(disclosure, now=now),
        package=package,
        fetches=tuple(await package_rows.fetches_of(package)) if package else (),
    )
