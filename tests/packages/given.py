"""What tests of a package's content begin with: terms, streams in odd pieces, and what came out of them."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tenants.recordings import ContactField
from tenants.vocabulary import DisclosureKind
from tests.world import House
from vault.disclosure.model import Limits
from vault.packages.given import Making, Statement
from vault.packages.marks import new_mark
from vault.packages.members import Basis, Controller
from vault.packages.parts import find
from vault.packages.recordings import members_of

SAMPLES = Path(__file__).parents[1] / "recordings"
WHOLE = Limits()


def making(house: House, kind: DisclosureKind = DisclosureKind.AUTHORITY, **changes: Any) -> Making:
    """The terms of a package of this controller's."""
    made = Making(
        package=uuid4(),
        disclosure=uuid4(),
        mark=new_mark(),
        kind=kind,
        controller=Controller(id=house.tenant, slug=house.slug, name="A Controller"),
        basis=Basis(policy_version=1, law="A law, section 4", clause="disclosure"),
        made_at=house.world.now(),
    )
    return replace(made, **changes)


async def files(
    house: House, recording: UUID, terms: Making, limits: Limits = WHOLE, statements: tuple[Statement, ...] = ()
) -> dict[str, bytes]:
    """The files of one recording by their names in its folder; each marked one has the mark, no other has it."""
    custody = house.world.custody
    kept = await find(custody, house.tenant, recording)
    found = {}
    async for member in members_of(custody, terms, kept, limits, statements):
        content = await gathered(member.chunks)
        if not member.name.endswith(".vcon"):
            assert (terms.mark.encode() in content) is member.marked, member.name
        found[member.name.removeprefix(f"recordings/{recording}/")] = content
    return found


def vcon_of(found: dict[str, bytes]) -> dict[str, Any]:
    """The vCon among a recording's files."""
    read: dict[str, Any] = json.loads(found["recording.vcon"])
    return read


def body_of(dialog: dict[str, Any]) -> bytes:
    """The sound of a dialog, which is what its hash says."""
    assert dialog["encoding"] == "base64url"
    content = base64.urlsafe_b64decode(dialog["body"] + "==")
    digest = base64.urlsafe_b64encode(hashlib.sha512(content).digest()).decode().rstrip("=")
    assert dialog["content_hash"] == f"sha512-{digest}"
    return content


def fields(*names: ContactField) -> Limits:
    """Limits that give these fields of the contact record."""
    return Limits(contact_fields=names)


async def in_pieces(content: bytes, size: int = 1000) -> AsyncGenerator[bytes, None]:
    """Content as a store gives it."""
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def gathered(pieces: AsyncIterator[bytes]) -> bytes:
    """All of it."""
    return b"".join([piece async for piece in pieces])
