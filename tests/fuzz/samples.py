"""One sound file of every form that the vault hands out or takes, made of nothing but memory."""

import asyncio
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import rfc8785
from msgspec import structs

from tests.destruction import samples as destroyed
from tests.packages import samples as packed
from tests.packages.certified import ec_key, holder
from vault.destruction.certificates import Certificate
from vault.destruction.merkle import Leaf, Tree
from vault.destruction.proof_files import FORMAT as PROOF
from vault.destruction.proof_files import LeafProof, Proof
from vault.oversight.rights_records import FORMAT as RECORD
from vault.oversight.rights_records import Record, RecordLine, Signed
from vault.packages import manifests
from vault.packages.certificates import RecipientCertificate
from vault.packages.cms import CmsSealer
from vault.packages.members import MANIFEST
from vault.returning import manifests as returned

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS: Final = b"Said at noon." * 300
PACKAGE: Final = asyncio.run(packed.written())
HOLDER: Final = holder(ec_key())


def manifest_of_package() -> bytes:
    """As it lies in the package."""
    return zipfile.ZipFile(io.BytesIO(PACKAGE)).read(MANIFEST)


def manifest_of_return() -> bytes:
    """Of a controller that had nothing."""
    controller = returned.Controller(id=UUID(int=2), slug="prh", name="PRH")
    contract = returned.Contract(id=UUID(int=3), starts_on=NOW.date(), ends_on=NOW.date())
    made: dict[str, Any] = dict.fromkeys(("recordings", "parts", "restricted", "damaged"), 0)
    made |= {"format": returned.FORMAT, "id": UUID(int=1), "controller": controller, "contract": contract}
    made |= {"recipient": "age1", "not_returned": ("peaks",), "archives": (), "made_at": NOW}
    return returned.sign(returned.Manifest(**made), destroyed.KEY).encode()


def record_of_review() -> bytes:
    """One right, confirmed."""
    line = RecordLine(
        member=UUID(int=1),
        role="supervisor",
        token=None,
        last_used_at=NOW,
        outcome="kept",
        decided_by=UUID(int=2),
        decided_at=NOW,
    )
    record = Record(
        format=RECORD,
        id=UUID(int=3),
        controller=packed.contents().controller,
        opened_at=NOW,
        last_day=NOW.date(),
        closed_at=NOW,
        rights=(line,),
    )
    signature, vouched = manifests.signatures(
        record, record.controller, controller=packed.CONTROLLER, platform=packed.PLATFORM
    )
    signed = Signed(record=record, signature=signature, controller_key=vouched)
    return rfc8785.dumps(msgspec.to_builtins(signed))


def destruction() -> tuple[Certificate, bytes]:
    """A certificate of two parts, and the proof for the recording that one of them was of."""
    leaves = [
        Leaf(object_key="a", object_version="1", part=UUID(int=7), recording=UUID(int=number), sealed_sha256="ab" * 32)
        for number in (5, 6)
    ]
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf.encode(), prove=True)
    sample = destroyed.certificate()
    certificate = structs.replace(
        sample, destroyed=structs.replace(sample.destroyed, merkle_root=tree.root().hex(), parts=2)
    )
    proof = Proof(
        format=PROOF,
        destruction=certificate.id,
        recording=UUID(int=5),
        merkle_root=tree.root().hex(),
        tree_size=2,
        leaves=(
            LeafProof(index=0, leaf=leaves[0].encode().decode(), path=tuple(one.hex() for one in tree.paths()[0])),
        ),
    )
    return certificate, msgspec.json.encode(proof)


def cms() -> bytes:
    """What was said, sealed to the holder."""
    sealer = CmsSealer(RecipientCertificate(HOLDER.pem))
    return sealer.prefix + sealer.update(WORDS) + sealer.finalize()


def opus() -> bytes:
    """The first two pages of a file of Opus, its tags the second."""
    tags = b"OpusTags" + (4).to_bytes(4, "little") + b"demo" + bytes(4)
    pages = [b"OggS" + bytes(22) + bytes([1, len(body)]) + body for body in (b"OpusHead" + bytes(11), tags)]
    return b"".join(pages)


def transcript() -> bytes:
    """A talk of two."""
    said = [("agent", "Hei"), ("customer", "Numeroni on 040 123 4567.")]
    messages = [{"at": "2026-03-01T14:00:05Z", "from": who, "text": text} for who, text in said]
    return json.dumps({"messages": messages}).encode()
