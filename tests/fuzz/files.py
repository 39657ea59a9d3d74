"""The parsers of files that come from somebody else: sealed, signed, packed, proven."""

import io
from uuid import UUID

import pyrage

from tenants.recordings import Kind
from tests.auditing import logs
from tests.destruction import samples as destroyed
from tests.fuzz import samples
from tests.fuzz.parser import Parser, of_text
from tests.packages import samples as packed
from vault.auditing import proofs, tiles
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import Note, NoteInvalid, Signature, Verifier
from vault.auditing.proofs import Inclusion, ProofInvalid
from vault.auditing.tiles import Tile, TileInvalid
from vault.auditing.verifying import LogForged
from vault.auditing.verifying import verify as verify_log
from vault.custody.sealed import DataKey, Header, Place, RangeOpener, SealedInvalid, open_sealed, plain_size, seal
from vault.destruction import proof_files
from vault.destruction.certificates import CertificateInvalid, sign_certificate, verify_certificate
from vault.oversight import rights_records
from vault.oversight.rights_records import RecordInvalid
from vault.packages import manifests, ogg, verifying
from vault.packages.certificates import CertificateUnfit, read_certificate
from vault.packages.manifests import ManifestInvalid
from vault.packages.opening import NotOpened, open_age, open_to_certificate
from vault.packages.transcripts import read as read_kept
from vault.packages.verifying import PackageInvalid
from vault.returning import manifests as returned

PLACE = Place(UUID(int=1), UUID(int=2), "content", 3)
KEY = DataKey(b"k" * 32)
SEALED, SHORT = (
    seal(KEY, Header(PLACE, "content/20260501T0000Z", bytes(range(104)), "audio/wav"), content)
    for content in (bytes(20_000), samples.WORDS)
)
CERTIFICATE, PROOF = samples.destruction()
SIGNED_CERTIFICATE = sign_certificate(destroyed.certificate(), destroyed.KEY)
MANIFEST, RETURNED = samples.manifest_of_package(), samples.manifest_of_return()
IDENTITY = pyrage.x25519.Identity.generate()
ENTRIES = logs.entries(300)
CHECKPOINT = str(logs.signed(ENTRIES).note)
FILES = logs.log_of(ENTRIES).files
LAST = "tile/entries/001.p/44"


def _range(content: bytes) -> None:
    header = Header.read(content)
    size = plain_size(len(content), header)
    if size < 2:
        return
    opener = RangeOpener(KEY, PLACE, content[: header.prefix_size], size=size, start=size // 3, stop=size // 2 + 1)
    for at in range(opener.sealed_start, opener.sealed_stop, 5000):
        opener.update(content[at : min(at + 5000, opener.sealed_stop)])
    opener.finalize()


def _package(content: bytes) -> None:
    verifying.verify((content[at : at + 700] for at in range(0, len(content), 700)), packed.PLATFORM.public_pem)


def _open_cms(content: bytes) -> None:
    whose = samples.HOLDER
    list(open_to_certificate(io.BytesIO(content), whose.pem, whose.key_pem).pieces)


def _open_age(content: bytes) -> None:
    list(open_age(io.BytesIO(content), str(IDENTITY)).pieces)


def _inclusion(content: str) -> None:
    log = destroyed.log()
    Inclusion.read(content).verify(log.event.encode(), Verifier.read(log.key))


def _tile(path: str) -> None:
    assert Tile.read(path).path == path


def _bundle(content: bytes) -> None:
    assert tiles.bundle(tiles.read_bundle(content, 44)) == content


def _log(content: bytes) -> None:
    """The log's last entry bundle is this, and says whether it is what was signed for."""
    served = logs.Memory({**FILES, LAST: content})
    assert verify_log(served, None, logs.signed(ENTRIES)).entries == 300
    assert content == FILES[LAST]


SEALING = (
    Parser("sealed header", Header.read, (SealedInvalid,), (SEALED[:600],)),
    Parser("sealed part", lambda content: open_sealed(KEY, PLACE, content), (SealedInvalid,), (SEALED, SHORT)),
    Parser("range of a sealed part", _range, (SealedInvalid,), (SEALED, SHORT)),
    Parser("CMS", _open_cms, (NotOpened,), (samples.cms(),)),
    Parser("age", _open_age, (NotOpened,), (pyrage.encrypt(samples.WORDS, [IDENTITY.to_public()]),)),
    Parser(
        "age identity",
        of_text(lambda text: open_age(io.BytesIO(), text)),
        (NotOpened,),
        (f"# created\n{IDENTITY}\n".encode(),),
    ),
    Parser(
        "private key of a recipient",
        lambda content: open_to_certificate(io.BytesIO(), samples.HOLDER.pem, content),
        (NotOpened,),
        (samples.HOLDER.key_pem,),
    ),
    Parser(
        "certificate of a recipient",
        of_text(lambda text: read_certificate(text, now=samples.NOW)),
        (CertificateUnfit,),
        (samples.HOLDER.pem.encode(),),
    ),
)
SIGNED = (
    Parser("package", _package, (PackageInvalid,), (samples.PACKAGE,)),
    Parser(
        "manifest of a package",
        lambda content: manifests.verify(content, packed.PLATFORM.public_pem),
        (ManifestInvalid,),
        (MANIFEST,),
    ),
    Parser(
        "manifest of a return",
        lambda content: returned.verify(content, destroyed.KEY.public_pem),
        (returned.ManifestInvalid,),
        (RETURNED,),
    ),
    Parser(
        "certificate of destruction",
        lambda content: verify_certificate(content, destroyed.KEY.public_pem),
        (CertificateInvalid,),
        (SIGNED_CERTIFICATE.encode(),),
    ),
    Parser(
        "public key",
        lambda content: verify_certificate(SIGNED_CERTIFICATE, content),
        (CertificateInvalid,),
        (destroyed.KEY.public_pem,),
    ),
    Parser(
        "public key of the platform",
        lambda content: manifests.verify(MANIFEST, content),
        (ManifestInvalid,),
        (packed.PLATFORM.public_pem,),
    ),
    Parser(
        "public key for a return",
        lambda content: returned.verify(RETURNED, content),
        (returned.ManifestInvalid,),
        (destroyed.KEY.public_pem,),
    ),
    Parser(
        "proof of destruction",
        lambda content: proof_files.verify_proof(content, CERTIFICATE),
        (proof_files.ProofInvalid,),
        (PROOF,),
    ),
    Parser(
        "record of a review",
        lambda content: rights_records.verify(content, packed.PLATFORM.public_pem),
        (RecordInvalid,),
        (samples.record_of_review(),),
    ),
    Parser("tags of Opus", lambda content: ogg.with_comment(content, "MARK=1"), (), (samples.opus(),)),
    Parser("kept transcript", lambda content: read_kept(content, Kind.CHAT), (ValueError,), (samples.transcript(),)),
)
LOG = (
    Parser("note", of_text(Note.read), (NoteInvalid,), (CHECKPOINT.encode(),)),
    Parser(
        "checkpoint",
        of_text(lambda text: Checkpoint.read(text, logs.VERIFIER)),
        (NoteInvalid,),
        (CHECKPOINT.encode(),),
    ),
    Parser("signature line", of_text(Signature.read), (NoteInvalid,), (CHECKPOINT.splitlines()[-1].encode(),)),
    Parser("verifier key", of_text(Verifier.read), (NoteInvalid,), (str(logs.VERIFIER).encode(),)),
    Parser("inclusion", of_text(_inclusion), (ProofInvalid,), (destroyed.log().proof.encode(),)),
    Parser(
        "path of hashes",
        of_text(lambda text: proofs.read_hashes(text.split("\n"))),
        (ProofInvalid,),
        (proofs.hash_lines([b"h" * 32] * 3).removesuffix("\n").encode(),),
    ),
    Parser(
        "name of a tile",
        of_text(_tile),
        (TileInvalid,),
        (b"tile/0/x001/x234/067", b"tile/entries/000.p/5", b"tile/1/000"),
    ),
    Parser("entry bundle", _bundle, (TileInvalid,), (FILES[LAST],)),
    Parser("files of a log", _log, (LogForged,), (FILES[LAST],)),
)
