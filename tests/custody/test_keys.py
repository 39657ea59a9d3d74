"""What a keyring promises: one key for all who ask, which opens its own and nothing else."""

import hashlib
import sys
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.custody.keyrings import NOW, OURS, PLACE, THEIRS, TOMORROW, OpenKeyring, key_id
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyState, ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Place, SealedInvalid

MAKE_KEYS = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import ShredKeyId
from vault.custody.root_keys import FileRootKey

here, now = Path(sys.argv[1]), datetime(2026, 1, 1, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()
keyring = FileKeyring(here / "keyring", FileRootKey(here / "root" / "root.key"))
keyring.create_tenant(UUID(int=1))
for day in range(1, 41):
    print(keyring.shred_key(ShredKeyId(UUID(int=1), "content", now + timedelta(days=day)), now=now).reveal().hex())
"""


def test_a_data_key_wrapped_today_opens_after_a_restart(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    data_key = keyring.new_data_key()
    wrapped = keyring.shred_key(key_id(), now=NOW).wrap(data_key, PLACE)

    unwrapped = another_process().find(key_id(), now=NOW).unwrap(wrapped, PLACE)

    assert len(wrapped) == 104
    assert unwrapped.reveal() == data_key.reveal()


def test_a_wrapped_data_key_opens_in_its_own_place_under_its_own_key_only(keyring: FileKeyring) -> None:
    wrapped = keyring.shred_key(key_id(), now=NOW).wrap(keyring.new_data_key(), PLACE)
    others = [
        (key_id(), Place(THEIRS, PLACE.recording, "content", 1)),
        (key_id(), Place(OURS, UUID(int=4), "content", 1)),
        (key_id(), Place(OURS, PLACE.recording, "contact", 1)),
        (key_id(), Place(OURS, PLACE.recording, "content", 2)),
        (key_id(TOMORROW + timedelta(days=1)), PLACE),
        (key_id(part_class="contact"), PLACE),
        (key_id(tenant=THEIRS), PLACE),
        (key_id(None), PLACE),
    ]

    for other, place in others:
        with pytest.raises(SealedInvalid):
            keyring.shred_key(other, now=NOW).unwrap(wrapped, place)
    for cut in (0, 55, 103):
        with pytest.raises(SealedInvalid):
            keyring.shred_key(key_id(), now=NOW).unwrap(wrapped[:cut], PLACE)


def test_processes_that_make_the_same_keys_at_once_end_with_one_key_each(
    tmp_path: Path, another_process: OpenKeyring
) -> None:
    command = [sys.executable, "-c", MAKE_KEYS, str(tmp_path)]
    racing = [Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(2)]
    for process in racing:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in racing:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    first, second = (process.communicate()[0].split() for process in racing)

    kept = [key.reveal().hex() for key in another_process().live_keys(OURS, "content", now=NOW)]
    assert first == second == kept
    assert len(set(kept)) == 40
    assert not list(tmp_path.rglob(".*"))


def test_making_a_controllers_key_again_changes_nothing(keyring: FileKeyring) -> None:
    before = keyring.tenant_index(OURS, "source", "pbx1-1")
    keyring.create_tenant(OURS)
    assert keyring.tenant_index(OURS, "source", "pbx1-1") == before


def test_what_became_of_a_controllers_own_key_is_told_by_what_is_stored(keyring: FileKeyring) -> None:
    stranger = UUID(int=99)
    assert keyring.tenant_state(OURS) is KeyState.LIVE
    assert keyring.tenant_state(stranger) is KeyState.MISSING
    keyring.destroy_tenant(OURS)
    assert keyring.tenant_state(OURS) is KeyState.DESTROYED


def test_a_blind_index_finds_equal_values_under_one_key_and_field_only(keyring: FileKeyring) -> None:
    ours = keyring.shred_key(key_id(), now=NOW)
    digest = ours.blind_index("caller_number", "+358401234567")

    assert digest == keyring.find(key_id(), now=NOW).blind_index("caller_number", "+358401234567")
    others = [
        ours.blind_index("service_number", "+358401234567"),
        ours.blind_index("caller_number", "+358401234568"),
        ours.blind_index("caller_numbe", "r+358401234567"),
        keyring.shred_key(key_id(None), now=NOW).blind_index("caller_number", "+358401234567"),
        keyring.shred_key(key_id(tenant=THEIRS), now=NOW).blind_index("caller_number", "+358401234567"),
        keyring.tenant_index(OURS, "caller_number", "+358401234567"),
    ]
    assert len({digest, *others}) == 7


def test_a_tenant_index_is_the_controllers_own(keyring: FileKeyring, another_process: OpenKeyring) -> None:
    digest = keyring.tenant_index(OURS, "source", "pbx1-1")

    assert digest == another_process().tenant_index(OURS, "source", "pbx1-1")
    assert digest != keyring.tenant_index(THEIRS, "source", "pbx1-1")


def test_a_certificate_signature_is_verified_with_the_public_key_alone(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    keyring.destroy_tenant(OURS)
    key = another_process().signing_key()
    public = load_pem_public_key(key.public_pem)

    assert isinstance(public, Ed25519PublicKey)
    public.verify(key.sign(b"certificate"), b"certificate")
    assert public.public_bytes_raw() == key.public_key == keyring.signing_key().public_key
    assert key.key_id == hashlib.sha256(key.public_key).hexdigest()[:16]


def test_a_controllers_signing_key_comes_from_its_shred_key_and_dies_with_it(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    ours = ShredKeyId(OURS, "signature", None)
    key = keyring.newest(ours, now=NOW).signing_key()

    assert key.public_key == another_process().newest(ours, now=NOW).signing_key().public_key
    others = (keyring.signing_key(), keyring.newest(ShredKeyId(THEIRS, "signature", None), now=NOW).signing_key())
    assert key.public_key not in {other.public_key for other in others}
    public = load_pem_public_key(key.public_pem)
    assert isinstance(public, Ed25519PublicKey)
    public.verify(key.sign(b"manifest"), b"manifest")

    keyring.destroy_tenant(OURS)
    with pytest.raises(KeyDestroyed):
        another_process().find_newest(ours, now=NOW)


def test_keys_do_not_show(keyring: FileKeyring) -> None:
    shown = repr([keyring.shred_key(key_id(), now=NOW), keyring.new_data_key(), keyring.signing_key()])
    assert shown == f"[ShredKey(…), DataKey(…), SigningKey({keyring.signing_key().key_id})]"


def test_a_wrapped_key_is_useless_without_its_shred_key() -> None:
    mine, other = ShredKey(b"1" * 32, key_id()), ShredKey(b"2" * 32, key_id())
    with pytest.raises(SealedInvalid):
        other.unwrap(mine.wrap(DataKey(b"3" * 32), PLACE), PLACE)


def test_a_keyring_from_before_index_keys_had_files_recognises_what_it_did(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    before = keyring.tenant_index(OURS, "source", "pbx1-1")
    (tmp_path / "keyring" / str(OURS) / "index.key").unlink()

    assert another_process().tenant_index(OURS, "source", "pbx1-1") == before
    assert (tmp_path / "keyring" / str(OURS) / "index.key").exists()


def test_documents_are_signed_by_a_key_of_their_own_out_of_the_same_seed(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    key = keyring.signing_key()
    numbers = key.document_key().private_numbers()
    assert numbers == another_process().signing_key().document_key().private_numbers()
    assert isinstance(key.document_key().curve, SECP256R1)
    assert key.log_key().public_key != key.public_key
