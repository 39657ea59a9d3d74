"""What a keyring promises: one key for all who ask, none once it is destroyed, and no way around it."""

import hashlib
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyMissing, KeyringInvalid, ShredKey, ShredKeyId
from vault.custody.root_keys import FileRootKey
from vault.custody.sealed import DataKey, Place, SealedInvalid

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
OURS, THEIRS = UUID(int=1), UUID(int=2)
PLACE = Place(OURS, UUID(int=3), "content", 1)

OpenKeyring = Callable[[], FileKeyring]


def key_id(bucket: datetime | None = TOMORROW, *, tenant: UUID = OURS, part_class: str = "content") -> ShredKeyId:
    return ShredKeyId(tenant, part_class, bucket)


@pytest.fixture
def another_process(tmp_path: Path) -> OpenKeyring:
    """Opens the same keyring again, as another process would, with a cache of its own."""
    return lambda: FileKeyring(tmp_path / "keyring", FileRootKey(tmp_path / "root" / "root.key"))


@pytest.fixture
def keyring(another_process: OpenKeyring) -> FileKeyring:
    keyring = another_process()
    keyring.create_tenant(OURS)
    keyring.create_tenant(THEIRS)
    return keyring


def key_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "keyring").rglob("*.key"))


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


def test_a_key_is_destroyed_at_its_instant_and_never_comes_back(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    later, endless = key_id(TOMORROW + timedelta(days=1)), key_id(None)
    for each in (key_id(), later, endless, key_id(part_class="contact")):
        keyring.shred_key(each, now=NOW)

    assert keyring.destroy_due(OURS, now=TOMORROW - timedelta(microseconds=1)) == []
    assert keyring.destroy_due(OURS, now=TOMORROW) == [key_id(part_class="contact"), key_id()]
    assert keyring.destroy_due(OURS, now=TOMORROW) == []
    assert [key.id for key in another_process().live_keys(OURS, "content", now=TOMORROW)] == [later, endless]
    for ask in (keyring.find, keyring.shred_key, another_process().find, another_process().shred_key):
        with pytest.raises(KeyDestroyed):
            ask(key_id(), now=TOMORROW)
    for ask in (keyring.find, keyring.shred_key, another_process().newest):  # a clock set back brings nothing back
        with pytest.raises(KeyDestroyed):
            ask(key_id(), now=NOW)


def test_a_key_counts_as_destroyed_from_its_instant_even_while_its_file_is_there(keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(), now=NOW)

    assert keyring.live_keys(OURS, "content", now=TOMORROW) == []
    with pytest.raises(KeyDestroyed):
        keyring.find(key_id(), now=TOMORROW)


def test_destroying_one_controllers_keys_leaves_anothers_alone(keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(tenant=THEIRS), now=NOW)
    keyring.destroy_due(OURS, now=TOMORROW)
    keyring.destroy_tenant(OURS)

    assert keyring.find(key_id(tenant=THEIRS), now=NOW).id == key_id(tenant=THEIRS)


@pytest.mark.parametrize("bucket", [TOMORROW, None])
def test_a_key_destroyed_before_its_instant_cannot_be_made_again(
    keyring: FileKeyring, another_process: OpenKeyring, bucket: datetime | None
) -> None:
    elsewhere = another_process()
    for ring in (keyring, elsewhere):
        ring.shred_key(key_id(bucket), now=NOW)

    keyring.destroy_shred_key(key_id(bucket))
    keyring.destroy_shred_key(key_id(bucket))

    for ring in (keyring, elsewhere, another_process()):
        for ask in (ring.find, ring.shred_key):
            with pytest.raises(KeyDestroyed):
                ask(key_id(bucket), now=NOW)
        assert ring.live_keys(OURS, "content", now=NOW) == []


def test_a_key_destroyed_while_another_process_makes_it_stays_destroyed(tmp_path: Path, keyring: FileKeyring) -> None:
    def destroy_meanwhile(size: int) -> bytes:
        keyring.destroy_shred_key(key_id())
        return bytes(range(size))

    slow = FileKeyring(
        tmp_path / "keyring", FileRootKey(tmp_path / "root" / "root.key"), random_bytes=destroy_meanwhile
    )
    with pytest.raises(KeyDestroyed):
        slow.shred_key(key_id(), now=NOW)
    assert keyring.live_keys(OURS, "content", now=NOW) == []


def test_a_controller_destroyed_while_a_key_of_its_is_made_stays_destroyed(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    def destroy_meanwhile(size: int) -> bytes:
        keyring.destroy_tenant(OURS)
        return bytes(range(size))

    slow = FileKeyring(
        tmp_path / "keyring", FileRootKey(tmp_path / "root" / "root.key"), random_bytes=destroy_meanwhile
    )
    with pytest.raises(KeyDestroyed):
        slow.shred_key(key_id(), now=NOW)
    with pytest.raises(KeyDestroyed):
        keyring.find(key_id(), now=NOW)


def test_nothing_of_a_destroyed_controller_opens_in_any_process(
    keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    elsewhere = another_process()
    for ring in (keyring, elsewhere):
        ring.shred_key(key_id(None), now=NOW)

    keyring.destroy_tenant(OURS)
    keyring.destroy_tenant(OURS)

    for ring in (keyring, elsewhere, another_process()):
        refused: list[Callable[[], object]] = [
            partial(ring.find, key_id(None), now=NOW),
            partial(ring.shred_key, key_id(), now=NOW),
            partial(ring.live_keys, OURS, "content", now=NOW),
            partial(ring.tenant_index, OURS, "source", "pbx1-1"),
            partial(ring.create_tenant, OURS),
        ]
        for ask in refused:
            with pytest.raises(KeyDestroyed):
                ask()
        assert ring.destroy_due(OURS, now=TOMORROW) == []


def test_a_restored_copy_of_everything_but_the_tenant_key_opens_nothing(tmp_path: Path, keyring: FileKeyring) -> None:
    wrapped = keyring.shred_key(key_id(), now=NOW).wrap(keyring.new_data_key(), PLACE)
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    backup = path.read_bytes()
    keyring.destroy_tenant(OURS)

    (tmp_path / "keyring" / str(OURS) / "destroyed").unlink()
    keyring.create_tenant(OURS)
    path.write_bytes(backup)
    path.chmod(0o600)

    with pytest.raises(KeyringInvalid):
        keyring.find(key_id(), now=NOW)
    path.unlink()
    with pytest.raises(SealedInvalid):
        keyring.shred_key(key_id(), now=NOW).unwrap(wrapped, PLACE)


def test_a_crash_before_the_tenant_key_went_leaves_nothing_usable_and_is_resumed(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    marker = tmp_path / "keyring" / str(OURS) / "destroyed"
    marker.touch(mode=0o600)

    with pytest.raises(KeyDestroyed):
        keyring.find(key_id(), now=NOW)
    keyring.destroy_tenant(OURS)
    assert [path for path in marker.parent.rglob("*") if path.is_file()] == [marker]


def test_a_crash_after_the_tenant_key_went_is_resumed(tmp_path: Path, keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(), now=NOW)
    folder = tmp_path / "keyring" / str(OURS)
    (folder / "destroyed").touch(mode=0o600)
    (folder / "tenant.key").unlink()

    keyring.destroy_tenant(OURS)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["destroyed"]


def test_a_crash_while_a_key_was_being_made_leaves_nothing_that_outlives_its_instant(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    (path,) = (path for path in key_files(tmp_path) if path.stem.startswith("2026"))
    leftover, copy = path.with_name(f".{path.name}.0123456789abcdef.new"), path.with_name(f"{path.name}.bak")
    leftover.hardlink_to(path)
    copy.write_bytes(path.read_bytes())
    (path.parent / "notes.txt").touch()

    assert [key.id for key in keyring.live_keys(OURS, "content", now=NOW)] == [key_id()]
    assert keyring.destroy_due(OURS, now=TOMORROW) == [key_id()]
    assert [left.name for left in path.parent.iterdir()] == ["notes.txt"]


def test_a_crash_between_overwriting_and_removing_a_key_leaves_it_destroyed(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    path.write_bytes(bytes(path.stat().st_size))

    with pytest.raises(KeyDestroyed):
        another_process().find(key_id(), now=NOW)
    assert another_process().live_keys(OURS, "content", now=NOW) == []
    assert another_process().destroy_due(OURS, now=TOMORROW) == [key_id()]


def test_the_bytes_of_a_destroyed_key_are_overwritten_and_not_only_unnamed(
    tmp_path: Path, keyring: FileKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    path = tmp_path / "keyring" / str(OURS) / f"{key_id()}.key"
    with path.open("rb") as still_open:
        keyring.destroy_due(OURS, now=TOMORROW)
        assert not any(still_open.read())


def test_an_unknown_controller_is_missing_and_not_destroyed(keyring: FileKeyring) -> None:
    nobody = UUID(int=9)
    unknown: list[Callable[[], object]] = [
        partial(keyring.find, key_id(tenant=nobody), now=NOW),
        partial(keyring.shred_key, key_id(tenant=nobody), now=NOW),
        partial(keyring.live_keys, nobody, "content", now=NOW),
        partial(keyring.destroy_due, nobody, now=NOW),
        partial(keyring.destroy_shred_key, key_id(tenant=nobody)),
        partial(keyring.destroy_tenant, nobody),
    ]
    for ask in unknown:
        with pytest.raises(KeyMissing):
            ask()
    with pytest.raises(KeyMissing):
        keyring.find(key_id(tenant=OURS), now=NOW)
    assert keyring.live_keys(OURS, "content", now=NOW) == []


def test_making_a_controllers_key_again_changes_nothing(keyring: FileKeyring) -> None:
    before = keyring.tenant_index(OURS, "source", "pbx1-1")
    keyring.create_tenant(OURS)
    assert keyring.tenant_index(OURS, "source", "pbx1-1") == before


@pytest.mark.parametrize("which", ["tenant.key", f"{key_id()}.key"])
@pytest.mark.parametrize("at", [0, 5, 6, 40, -1])
def test_an_altered_key_file_is_refused(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring, which: str, at: int
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    path = tmp_path / "keyring" / str(OURS) / which
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)

    for ask in (another_process().find, another_process().shred_key):
        with pytest.raises(KeyringInvalid):
            ask(key_id(), now=NOW)


def test_a_key_file_moved_to_another_name_or_controller_is_refused(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    folder = tmp_path / "keyring"
    mine = folder / str(OURS) / f"{key_id()}.key"
    for other in (key_id(None), key_id(TOMORROW + timedelta(days=1))):
        (folder / str(OURS) / f"{other}.key").hardlink_to(mine)
        with pytest.raises(KeyringInvalid):
            another_process().find(other, now=NOW)
    with pytest.raises(KeyringInvalid):
        another_process().live_keys(OURS, "content", now=NOW)

    (folder / str(THEIRS) / "tenant.key").unlink()
    (folder / str(THEIRS) / "tenant.key").hardlink_to(folder / str(OURS) / "tenant.key")
    with pytest.raises(KeyringInvalid):
        another_process().tenant_index(THEIRS, "source", "pbx1-1")


@pytest.mark.parametrize("which", ["root/root.key", "keyring/signing.key"])
@pytest.mark.parametrize("damage", [b"", b"RVKEY\x01", b"RVKEY\x01short", b"RVKEY\x02" + b"k" * 32, b"something"])
def test_a_damaged_root_or_signing_key_stops_the_start(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring, which: str, damage: bytes
) -> None:
    (tmp_path / which).write_bytes(damage)
    with pytest.raises(KeyringInvalid):
        another_process()


def test_another_root_key_is_noticed_at_the_start(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring
) -> None:
    (tmp_path / "root" / "root.key").unlink()
    with pytest.raises(KeyringInvalid, match="another root key"):
        another_process()


def test_only_the_owner_may_read_the_keyring(tmp_path: Path, keyring: FileKeyring) -> None:
    keyring.shred_key(key_id(), now=NOW)
    keyring.destroy_shred_key(key_id(None))

    everything = [path for top in ("keyring", "root") for path in [tmp_path / top, *(tmp_path / top).rglob("*")]]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in everything}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(
    tmp_path: Path, keyring: FileKeyring, another_process: OpenKeyring, mode: int
) -> None:
    keyring.shred_key(key_id(), now=NOW)
    (tmp_path / "keyring" / str(OURS) / f"{key_id()}.key").chmod(mode)
    with pytest.raises(KeyringInvalid, match="chmod 600"):
        another_process().find(key_id(), now=NOW)

    (tmp_path / "root" / "root.key").chmod(mode)
    with pytest.raises(KeyringInvalid, match="chmod 600"):
        another_process()


def test_no_key_stands_in_the_keyring_in_clear(tmp_path: Path) -> None:
    drawn = count(1)

    def random_bytes(size: int) -> bytes:
        return bytes([next(drawn)]) * size

    keyring = FileKeyring(tmp_path / "keyring", FileRootKey(tmp_path / "root.key"), random_bytes=random_bytes)
    keyring.create_tenant(OURS)
    keyring.shred_key(key_id(), now=NOW)

    stored = b"".join(path.read_bytes() for path in key_files(tmp_path))
    assert next(drawn) == 4  # signing, tenant and shred key were drawn from the given source
    assert not any(bytes([k]) * 8 in stored for k in range(1, 4))


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


def test_keys_do_not_show(keyring: FileKeyring) -> None:
    shown = repr([keyring.shred_key(key_id(), now=NOW), keyring.new_data_key(), keyring.signing_key()])
    assert shown == f"[ShredKey(…), DataKey(…), SigningKey({keyring.signing_key().key_id})]"


def test_a_bucket_is_the_same_whatever_zone_it_is_written_in() -> None:
    helsinki = timezone(timedelta(hours=3))
    same = key_id(datetime(2026, 5, 1, tzinfo=helsinki))

    assert str(same) == "content/20260430T2100Z"
    assert same == key_id(datetime(2026, 4, 30, 21, tzinfo=UTC)) == ShredKeyId.parse(OURS, str(same))
    assert ShredKeyId.parse(OURS, "hold/contract") == ShredKeyId(OURS, "hold", None)


@pytest.mark.parametrize(
    "bucket",
    [datetime(2026, 5, 1), datetime(2026, 5, 1, 0, 0, 1, tzinfo=UTC), datetime(2026, 5, 1, 0, 0, 0, 1, tzinfo=UTC)],  # noqa: DTZ001 - naive on purpose
)
def test_a_bucket_is_an_aware_whole_minute(bucket: datetime) -> None:
    with pytest.raises(ValueError, match="whole minute"):
        key_id(bucket)


@pytest.mark.parametrize(
    "text", ["", "content", "content/", "/contract", "content/2026501T0000Z", "content/20260501", "../x/contract"]
)
def test_a_shred_key_id_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ShredKeyId.parse(OURS, text)


def test_a_wrapped_key_is_useless_without_its_shred_key() -> None:
    mine, other = ShredKey(b"1" * 32, key_id()), ShredKey(b"2" * 32, key_id())
    with pytest.raises(SealedInvalid):
        other.unwrap(mine.wrap(DataKey(b"3" * 32), PLACE), PLACE)
