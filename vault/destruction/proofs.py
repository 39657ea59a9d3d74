""" "Was mine destroyed?" is answered for one recording, without showing the others."""

from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody.database import PLATFORM, tenant_scope
from vault.destruction import leaves
from vault.destruction.merkle import Tree
from vault.destruction.proof_files import FORMAT, LeafProof, Proof
from vault.destruction.reading import ended_tenants, tenant_of
from vault.errors import NotFound


async def prove(caller: Caller, destruction: UUID, recording: UUID) -> Proof:
    """Which parts of a recording one certified destruction destroyed.

    Raises:
        NotAllowed: the caller's roles do not read certificates.
        NotFound: no such certificate that the caller may see, or nothing of that recording is in it.
    """
    caller.require(Action.READ_CERTIFICATE)
    tenant = await tenant_of(caller, destruction)
    async with tenant_scope(tenant):
        if destruction not in await leaves.destructions_of(tenant, recording):
            raise NotFound
        return await _proof(tenant, destruction, recording)


async def prove_all(caller: Caller, recording: UUID) -> list[Proof]:
    """The same for every destruction that anything of the recording went with, oldest first.

    Raises:
        NotAllowed: the caller's roles do not read certificates.
        NotFound: nothing of such a recording was destroyed and certified, as far as the caller may see.
    """
    caller.require(Action.READ_CERTIFICATE)
    for tenant in [caller.tenant] if caller.tenant != PLATFORM else await ended_tenants():
        async with tenant_scope(tenant):
            found = await leaves.destructions_of(tenant, recording)
            if found:
                return [await _proof(tenant, destruction, recording) for destruction in found]
    raise NotFound


async def _proof(tenant: UUID, destruction: UUID, recording: UUID) -> Proof:
    """Walk the tree once, in memory that does not grow with it."""
    tree, mine = Tree(), {}
    async for whose, leaf in leaves.each(tenant, destruction):
        if whose == recording:
            mine[tree.leaves] = leaf
        tree.add(leaf.encode(), prove=whose == recording)
    return Proof(
        format=FORMAT,
        destruction=destruction,
        recording=recording,
        merkle_root=tree.root().hex(),
        tree_size=tree.leaves,
        leaves=tuple(
            LeafProof(index=index, leaf=mine[index], path=tuple(beside.hex() for beside in path))
            for index, path in tree.paths().items()
        ),
    )
