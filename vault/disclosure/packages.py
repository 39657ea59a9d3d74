"""What is known of a disclosure's package, for those who decide on it and for whoever receives it."""

from dataclasses import dataclass
from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.database import tenant_scope
from vault.disclosure import package_rows, rows
from vault.disclosure.model import Disclosure
from vault.disclosure.package_rows import Fetch, Package
from vault.disclosure.recipients import may_receive
from vault.errors import NotFound


@dataclass(frozen=True)
class Packed:
    """A disclosure's package, and who began to fetch it: only one's own fetches, unless one reads disclosures."""

    disclosure: Disclosure
    package: Package
    fetches: tuple[Fetch, ...]


async def read_package(caller: Caller, disclosure_id: UUID) -> Packed:
    """The package of a disclosure.

    Raises:
        NotFound: no such disclosure that the caller has to do with, or it has no package (yet).
    """
    async with tenant_scope(caller.tenant):
        disclosure = (await rows.fetch(caller.tenant, disclosure_id)).disclosure
        reads = caller.may(Action.READ_DISCLOSURES)
        if not reads and not await may_receive(disclosure, caller.id):
            raise NotFound
        package = await package_rows.newest(caller.tenant, disclosure_id)
        if package is None:
            raise NotFound
        fetches = await package_rows.fetches_of(package)
    return Packed(disclosure, package, tuple(each for each in fetches if reads or each.member_id == caller.id))
