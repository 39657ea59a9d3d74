"""What every provider of root keys promises: a file, AWS KMS and a PKCS#11 token.

AWS cannot run here, so KMS is a fake: moto's own server, over HTTP. It differs from AWS in two answers, which are put
into its mouth where they matter: it denies access where AWS says that the key is not the one, and it still decrypts
under a key that waits for its deletion. The token is real software of the kind: SoftHSM2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pkcs11
import pytest
from botocore.stub import Stubber
from pkcs11 import Attribute, KeyType
from pkcs11.exceptions import AttributeSensitive, DeviceError

from tests.custody.keyrings import NOW, OURS, PLACE, THEIRS, key_id
from tests.custody.tokens import PIN, SOFTHSM, TOKEN, kms_server
from tests.test_settings import settings
from vault.assembly import open_keyring, open_root_key
from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import KeyDestroyed, KeyringInvalid, KeyringUnavailable, tenant_key_context
from vault.custody.root_keys import FileRootKey, RootKey, SucceedingRootKey
from vault.custody.root_kms import KmsRootKey
from vault.custody.root_pkcs11 import Pkcs11RootKey
from vault.custody.sealed import SealedInvalid
from vault.custody.sealed_header import Secret

SECRET = Secret(bytes(range(32)))
CONTEXT = tenant_key_context(OURS)

Open = Callable[[str], RootKey]


@pytest.fixture(scope="module")
def kms() -> Iterator[str]:
    with kms_server() as endpoint, pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "fake")
        yield endpoint


@dataclass(frozen=True)
class Provider:
    """One kind of root key: how it is opened under a name, and what destroying one is to it."""

    open: Open
    one_for_all: bool = False
    takes_days: bool = False

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        return (SealedInvalid, KeyringUnavailable) if self.takes_days else (SealedInvalid,)


@pytest.fixture(params=["file", "kms", "pkcs11"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Provider:
    if request.param == "file":
        return Provider(lambda name: FileRootKey(tmp_path / "roots" / name), one_for_all=True)
    unique = tmp_path.name
    if request.param == "kms":
        return Provider(opens_kms(request.getfixturevalue("kms"), unique), takes_days=True)
    request.getfixturevalue("token")
    return Provider(lambda name: Pkcs11RootKey(SOFTHSM, token=TOKEN, prefix=f"{unique}-{name}", pin=PIN))


def opens_kms(endpoint: str, unique: str, *, window: int = 7) -> Callable[[str], KmsRootKey]:
    return lambda name: KmsRootKey(f"{unique}-{name}", region="eu-north-1", window=window, endpoint=endpoint)


@pytest.fixture
def root(provider: Provider) -> RootKey:
    root = provider.open("root")
    for owner in (OURS, THEIRS):
        root.create(owner)
    return root


def test_what_was_wrapped_today_opens_after_a_restart(root: RootKey, provider: Provider) -> None:
    wrapped = root.wrap(OURS, SECRET, CONTEXT)

    assert provider.open("root").unwrap(OURS, wrapped, CONTEXT).reveal() == SECRET.reveal()
    assert SECRET.reveal() not in wrapped
    assert root.wrap(OURS, SECRET, CONTEXT) != wrapped


def test_it_opens_in_its_own_context_for_its_own_owner_only(root: RootKey, provider: Provider) -> None:
    wrapped = root.wrap(OURS, SECRET, CONTEXT)
    altered = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    others = [(OURS, wrapped, tenant_key_context(THEIRS)), (OURS, altered, CONTEXT), (OURS, wrapped[:-1], CONTEXT)]
    if not provider.one_for_all:
        others.append((THEIRS, wrapped, CONTEXT))
    other = provider.open("another")
    other.create(OURS)

    for owner, bytes_, context in (*others, (OURS, b"", CONTEXT), (OURS, bytes(104), CONTEXT)):
        with pytest.raises(provider.refusals):
            root.unwrap(owner, bytes_, context)
    with pytest.raises(provider.refusals):
        other.unwrap(OURS, wrapped, CONTEXT)
    assert root.unwrap(OURS, wrapped, CONTEXT).reveal() == SECRET.reveal()


def test_making_a_key_again_changes_nothing(root: RootKey, provider: Provider) -> None:
    wrapped = root.wrap(OURS, SECRET, CONTEXT)
    provider.open("root").create(OURS)
    assert root.unwrap(OURS, wrapped, CONTEXT).reveal() == SECRET.reveal()


def test_a_destroyed_root_key_opens_nothing_and_leaves_the_others_alone(root: RootKey, provider: Provider) -> None:
    ours, theirs = root.wrap(OURS, SECRET, CONTEXT), root.wrap(THEIRS, SECRET, CONTEXT)
    assert root.pending_until(OURS) is None

    root.destroy(OURS)
    root.destroy(OURS)

    assert root.unwrap(THEIRS, theirs, CONTEXT).reveal() == SECRET.reveal()
    assert root.pending_until(THEIRS) is None
    assert (root.pending_until(OURS) is not None) == provider.takes_days
    if not (provider.one_for_all or provider.takes_days):
        with pytest.raises(KeyringInvalid):
            root.unwrap(OURS, ours, CONTEXT)
    root.destroy(UUID(int=9))  # who never had a key has none to destroy
    assert root.pending_until(UUID(int=9)) is None


def test_a_whole_keyring_lives_under_it(provider: Provider, tmp_path: Path) -> None:
    def opened() -> FileKeyring:
        return FileKeyring(tmp_path / "keyring", provider.open("root"))

    keyring = opened()
    keyring.create_tenant(OURS)
    wrapped = keyring.shred_key(key_id(), now=NOW).wrap(keyring.new_data_key(), PLACE)
    assert opened().find(key_id(), now=NOW).unwrap(wrapped, PLACE)
    assert opened().signing_key().key_id == keyring.signing_key().key_id
    copy = (tmp_path / "keyring" / str(OURS) / "tenant.key").read_bytes()

    keyring.destroy_tenant(OURS)

    assert (opened().pending_until(OURS) is not None) == provider.takes_days
    with pytest.raises(KeyDestroyed):
        opened().find(key_id(), now=NOW)
    if not (provider.one_for_all or provider.takes_days):  # not even a copy of the keyring opens
        (tmp_path / "keyring" / str(OURS) / "destroyed").unlink()
        (tmp_path / "keyring" / str(OURS) / "tenant.key").write_bytes(copy)
        (tmp_path / "keyring" / str(OURS) / "tenant.key").chmod(0o600)
        with pytest.raises(KeyringInvalid):
            opened().find(key_id(), now=NOW)


def test_one_root_key_takes_over_from_another_of_any_kind(root: RootKey, provider: Provider, tmp_path: Path) -> None:
    before = root.wrap(OURS, SECRET, CONTEXT)
    both = SucceedingRootKey(root, FileRootKey(tmp_path / "new.key"))
    both.create(OURS)
    after = both.wrap(OURS, SECRET, CONTEXT)

    assert [both.unwrap(OURS, each, CONTEXT).reveal() for each in (before, after)] == [SECRET.reveal()] * 2
    with pytest.raises(SealedInvalid):
        root.unwrap(OURS, after, CONTEXT)
    both.destroy(OURS)
    assert (both.pending_until(OURS) is not None) == provider.takes_days


def test_a_kms_key_is_gone_only_after_the_days_that_were_set(kms: str, tmp_path: Path) -> None:
    root = opens_kms(kms, tmp_path.name, window=30)("root")
    root.create(OURS)
    asked = datetime.now(UTC)
    root.destroy(OURS)

    until = root.pending_until(OURS)
    assert until is not None
    assert timedelta(days=29, hours=23) < until - asked < timedelta(days=30, hours=1)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("IncorrectKeyException", SealedInvalid),
        ("NotFoundException", KeyringInvalid),
        ("KMSInvalidStateException", KeyringUnavailable),
        ("DisabledException", KeyringUnavailable),
        ("ThrottlingException", KeyringUnavailable),
    ],
)
def test_what_kms_says_is_told_in_the_keyrings_words(kms: str, code: str, told: type[Exception]) -> None:
    root = opens_kms(kms, "any")("root")
    with Stubber(root._kms) as said:
        said.add_client_error("decrypt", code)
        with pytest.raises(told):
            root.unwrap(OURS, b"KMS\x01and the rest", CONTEXT)


def test_a_kms_that_does_not_answer_is_no_verdict_on_any_key(kms: str) -> None:
    away = KmsRootKey("away", region="eu-north-1", endpoint="http://127.0.0.1:9")
    for ask in (away.create, away.destroy, away.pending_until):
        with pytest.raises(KeyringUnavailable, match="try again"):
            ask(OURS)


def test_a_token_gives_no_key_away(token: str, tmp_path: Path) -> None:
    root = Pkcs11RootKey(SOFTHSM, token=token, prefix=tmp_path.name, pin=PIN)
    root.create(OURS)
    kept = root._token.ask(lambda session: root._key(session, OURS))

    assert (kept[Attribute.SENSITIVE], kept[Attribute.EXTRACTABLE], kept[Attribute.NEVER_EXTRACTABLE]) == (
        True,
        False,
        True,
    )
    assert kept.key_type is KeyType.AES
    with pytest.raises(AttributeSensitive):
        kept[Attribute.VALUE]


@pytest.mark.parametrize(
    ("wrong", "value"), [("pin", "9999"), ("token", "another"), ("module", Path("/nowhere/hsm.so"))]
)
def test_a_token_that_is_not_to_be_had_is_no_verdict_on_any_key(token: str, wrong: str, value: object) -> None:
    right: dict[str, object] = {"module": SOFTHSM, "token": token, "prefix": "any", "pin": PIN}
    asked = right | {wrong: value}
    root = Pkcs11RootKey(asked.pop("module"), **asked)  # type: ignore[arg-type] # one of them is wrong on purpose

    for _ in range(2):
        with pytest.raises(KeyringUnavailable, match="try again"):
            root.create(OURS)


def test_a_token_that_failed_once_is_asked_again(token: str, tmp_path: Path) -> None:
    root = Pkcs11RootKey(SOFTHSM, token=token, prefix=tmp_path.name, pin=PIN)
    root.create(OURS)
    wrapped = root.wrap(OURS, SECRET, CONTEXT)

    def fail(session: pkcs11.Session) -> None:
        session.close()  # so that leaving it fails too
        raise DeviceError

    with pytest.raises(KeyringUnavailable):
        root._token.ask(fail)
    assert root.unwrap(OURS, wrapped, CONTEXT).reveal() == SECRET.reveal()


def test_a_keyring_lives_on_the_token_that_the_settings_name(token: str, tmp_path: Path) -> None:
    line = f"pkcs11:token=vault%20tests;object={tmp_path.name}?module-path={SOFTHSM}"
    named = settings(tmp_path, VAULT_ROOT_KEY=line, VAULT_ROOT_KEY_PIN=PIN)

    assert isinstance(open_root_key(named), Pkcs11RootKey)
    assert open_keyring(named).signing_key().key_id == open_keyring(named).signing_key().key_id
