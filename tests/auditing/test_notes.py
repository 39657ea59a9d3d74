"""Notes, keys and cosignatures are those of c2sp.org: by its own examples, and as nothing else is believed."""

import base64
from datetime import UTC, datetime

import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from tests.auditing.logs import KEY, ORIGIN, VERIFIER, entries, signed
from vault.auditing.checkpoint_notes import Checkpoint, Tree
from vault.auditing.notes import COSIGNATURE, Note, NoteInvalid, Signature, Verifier
from vault.auditing.notes import signed as sign_note
from vault.auditing.proofs import Inclusion, ProofInvalid, read_hashes
from vault.auditing.witnesses import cosigned, verify_cosignature
from vault.custody import tree
from vault.custody.tree import HashAt

# c2sp.org/signed-note, "Example"
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""


def test_the_specifications_own_example_verifies() -> None:
    verifier, note = Verifier.read(VKEY), Note.read(NOTE)
    note.require(verifier)
    assert (str(verifier), str(note)) == (VKEY, NOTE)


@pytest.mark.parametrize(
    "changed", [NOTE.replace("example message", "other message"), NOTE.replace("Uw2QOkn8", "Uw2QOkn9")]
)
def test_the_example_changed_does_not(changed: str) -> None:
    with pytest.raises(NoteInvalid, match="is not over this"):
        Note.read(changed).require(Verifier.read(VKEY))


def test_signatures_of_others_are_left_out_of_account() -> None:
    other = Signature("other.example", b"abcd", bytes(64))
    note = sign_note("Text.\n", ORIGIN, KEY).beside([other])
    note.require(VERIFIER)
    with pytest.raises(NoteInvalid, match="not signed by"):
        Note("Text.\n", (other,)).require(VERIFIER)


@hypothesis.given(st.text(max_size=200))
def test_whatever_is_no_note_key_checkpoint_or_proof_is_refused_in_words(text: str) -> None:
    for read in (
        Note.read,
        Verifier.read,
        Signature.read,
        Tree.read,
        lambda content: Checkpoint.read(content, VERIFIER),
    ):
        with pytest.raises(NoteInvalid):
            read(text)
    with pytest.raises(ProofInvalid):
        Inclusion.read(text)


@pytest.mark.parametrize(
    "text",
    ["a\n01\nAA==\n", "a\n-1\nAA==\n", "a\n1\nAA==\n", "a\n1\n%\n", "a\n\n1\n", "a\n99999999999999999999\nx\n",
     "a\n9999999999999999999\n" + base64.b64encode(bytes(32)).decode() + "\n", "a\n1\n" + "A" * 44 + "\n"],
)  # fmt: skip
def test_a_text_that_is_almost_a_checkpoint_is_none(text: str) -> None:
    with pytest.raises(NoteInvalid):
        Tree.read(text)


def test_a_checkpoint_of_another_log_is_not_taken_for_this_one() -> None:
    text = Tree("log.example/another", 1, bytes(32)).text()
    with pytest.raises(NoteInvalid, match="another log"):
        Checkpoint.read(str(sign_note(text, ORIGIN, KEY)), VERIFIER)


@pytest.mark.parametrize("vkey", [VKEY.replace("530d903a", "530d903b"), VKEY[:-4], VKEY.replace("foo", "fo o"), "a+b"])
def test_a_key_that_is_not_whole_is_none(vkey: str) -> None:
    with pytest.raises(NoteInvalid):
        Verifier.read(vkey)


def test_a_note_has_an_end_and_not_too_many_signatures() -> None:
    line = str(Signature(ORIGIN, b"abcd", bytes(64)))
    for content in ("Text.\n\n" + line, "Text.\n\n" + f"{line}\n" * 65, "Te\0xt.\n\n" + line + "\n", "x" * 70_000):
        with pytest.raises(NoteInvalid):
            Note.read(content)


def proof() -> tuple[bytes, Inclusion]:
    wanted = entries(9)
    hashes = {HashAt(0, place): tree.hash_leaf(entry) for place, entry in enumerate(wanted)}
    path = tuple(tree.root_over(span, hashes) for span in tree.inclusion(6, 9))
    return wanted[6], Inclusion(6, path, str(signed(wanted).note))


def test_a_proof_is_read_as_it_is_written_and_shows_its_entry_alone() -> None:
    entry, made = proof()
    read = Inclusion.read(str(made))
    assert (read, read.verify(entry, VERIFIER).tree.size) == (made, 9)
    assert Inclusion.read(str(made).replace("\nindex", "\nextra Zm9v\nindex")) == made
    with pytest.raises(ProofInvalid):
        read.verify(b"another", VERIFIER)
    with pytest.raises(ProofInvalid):
        read.verify(entry, Verifier(ORIGIN, bytes(32)))


@pytest.mark.parametrize(
    "change", [("index 6", "index 06"), ("index 6", "index x"), ("index 6", "place 6"), ("@v1", "@v2")]
)
def test_a_proof_in_another_spelling_is_none(change: tuple[str, str]) -> None:
    with pytest.raises(ProofInvalid):
        Inclusion.read(str(proof()[1]).replace(*change))


@pytest.mark.parametrize("lines", [["%"], ["AA=="], ["A" * 43 + "="] * 64, ["A" * 42 + "B="]])
def test_a_path_is_hashes_and_not_too_many(lines: list[str]) -> None:
    with pytest.raises(ProofInvalid):
        read_hashes(lines)


def test_a_cosignature_is_over_its_time_and_the_checkpoint() -> None:
    witness, seconds, text = Ed25519PrivateKey.generate(), 1_679_315_147, signed(entries(3)).note.text
    verifier = Verifier("witness.example/w1", witness.public_key().public_bytes_raw(), COSIGNATURE)
    value = seconds.to_bytes(8, "big") + witness.sign(cosigned(text, seconds))
    line = Signature(verifier.name, verifier.key_id, value)
    assert cosigned(text, seconds).startswith(b"cosignature/v1\ntime 1679315147\n" + ORIGIN.encode())
    assert verify_cosignature(Signature.read(str(line)), verifier, text) == datetime.fromtimestamp(seconds, UTC)
    later = Signature(verifier.name, verifier.key_id, (seconds + 1).to_bytes(8, "big") + value[8:])
    absurd = (1 << 63) - 1
    never = absurd.to_bytes(8, "big") + witness.sign(cosigned(text, absurd))
    for wrong in (later, Signature(verifier.name, verifier.key_id, never), Signature(verifier.name, b"abcd", value)):
        with pytest.raises(NoteInvalid):
            verify_cosignature(wrong, verifier, text)
