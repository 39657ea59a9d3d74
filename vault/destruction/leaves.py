"""The leaves of a certificate's tree are kept by themselves, once a destruction, and outlive what they speak of.

They are written in the transaction that counts what the certificate says, and once that is noted none is added: whoever
counts a second time finds them as they were. The root that a certificate names is the root over them.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from vault.custody.database import DB
from vault.destruction.merkle import Tree

PAGE = 5000
"""Leaves in memory at once."""


async def keep(tenant: UUID, destruction: UUID, condition: str, destructions: list[UUID]) -> Tree:
    """Write down the parts of a destruction as its leaves, in the controller's open scope, unless they are noted.

    Args:
        condition: which rows of `part`, in SQL; $2 stands for `destructions`.

    Returns:
        The tree over them.
    """
    # Of two at once, one waits here, and finds that an inventory is noted.
    await DB.fetch("SELECT 1 FROM destruction WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant, destruction)
    # What to_json escapes it escapes as RFC 8785 does: these are the bytes that `merkle.Leaf` encodes.
    await DB.fetch(
        "INSERT INTO leaf (tenant_id, destruction_id, part_id, recording_id, leaf)"  # noqa: S608 - our own condition
        " SELECT tenant_id, $3, id, recording_id, '{\"object_key\":' || to_json(object_key)"
        ' || \',"object_version":\' || to_json(object_version) || \',"part":"\' || id || \'","recording":"\''
        " || recording_id || '\",\"sealed_sha256\":\"' || encode(sealed_sha256, 'hex') || '\"}'"
        f" FROM part WHERE tenant_id = $1 AND {condition}"
        " AND NOT EXISTS (SELECT FROM destruction d WHERE d.tenant_id = $1 AND d.id = $3 AND (d.record ? 'inventory'"
        " OR d.state = 'completed')) ON CONFLICT DO NOTHING",
        tenant,
        destructions,
        destruction,
    )
    tree = Tree()
    async for _, leaf in each(tenant, destruction):
        tree.add(leaf.encode())
    return tree


async def each(tenant: UUID, destruction: UUID) -> AsyncIterator[tuple[UUID, str]]:
    """The leaves in the tree's order, each with its recording, a page at a time; in the controller's open scope."""
    after = UUID(int=0)
    while True:
        rows = await DB.fetch(
            "SELECT part_id, recording_id, leaf FROM leaf WHERE tenant_id = $1 AND destruction_id = $2"
            " AND part_id > $3 ORDER BY part_id LIMIT $4",
            tenant,
            destruction,
            after,
            PAGE,
        )
        for row in rows:
            yield row["recording_id"], row["leaf"]
        if len(rows) < PAGE:
            return
        after = rows[-1]["part_id"]


async def count(tenant: UUID, destruction: UUID) -> int:
    """How many leaves a destruction has, in the controller's open scope."""
    rows = await DB.fetch("SELECT count(*) FROM leaf WHERE tenant_id = $1 AND destruction_id = $2", tenant, destruction)
    return int(rows[0][0])


async def destructions_of(tenant: UUID, recording: UUID) -> list[UUID]:
    """The certified destructions of which the recording has leaves, oldest first, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT d.id FROM destruction d WHERE d.tenant_id = $1 AND d.certificate IS NOT NULL AND EXISTS ("
        "SELECT FROM leaf l WHERE l.tenant_id = $1 AND l.recording_id = $2 AND l.destruction_id = d.id)"
        " ORDER BY d.completed_at, d.id",
        tenant,
        recording,
    )
    return [row["id"] for row in rows]
