"""Where the root key lives is one line, and a line that is wrong is told by what is wrong with it."""

from pathlib import Path

import pytest

from tests.custody.tokens import kms_server
from vault.assembly import open_keyring, open_root_key
from vault.custody.root_keys import PLATFORM, FileRootKey, SucceedingRootKey
from vault.custody.root_kms import KmsRootKey
from vault.root_key_settings import FileRoot, KmsRoot, Pkcs11Root, read_root_key
from vault.settings import SettingInvalid, SettingMissing, Settings

NEEDED_VARIABLES = {
    "VAULT_DATABASE_URL": "postgres://",
    "VAULT_BROKER_URL": "redis://",
    "VAULT_S3_ACCESS_KEY": "key",
    "VAULT_S3_SECRET_KEY": "secret",
}


def settings(directory: Path, **variables: str) -> Settings:
    return Settings.from_env(NEEDED_VARIABLES | {"VAULT_KEYRING_DIR": str(directory / "keyring")} | variables)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("file:/etc/vault/root.key", FileRoot(Path("/etc/vault/root.key"))),
        ("aws-kms:vault?region=eu-north-1", KmsRoot("vault", "eu-north-1")),
        (
            "aws-kms:a/b?region=eu-west-1&window=30&endpoint=https://kms.example",
            KmsRoot("a/b", "eu-west-1", 30, "https://kms.example"),
        ),
        (
            "pkcs11:token=The%20vault;object=root?module-path=/usr/lib/hsm.so",
            Pkcs11Root(Path("/usr/lib/hsm.so"), "The vault", "root", "1234"),
        ),
    ],
)
def test_a_line_says_where_the_root_key_lives(line: str, meant: object) -> None:
    assert read_root_key(line, pin="1234") == meant


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("", "none of file:PATH"),
        ("file:", "none of file:PATH"),
        ("/etc/vault/root.key", "none of file:PATH"),
        ("aws-kms:vault", "does not say its region"),
        ("aws-kms:?region=eu-north-1", "no prefix"),
        ("aws-kms:vault?region=eu-north-1&window=6", "7 to 30 days"),
        ("aws-kms:vault?region=eu-north-1&window=31", "7 to 30 days"),
        ("aws-kms:vault?region=eu-north-1&windows=30", "windows, which it does not take"),
        ("pkcs11:token=a?module-path=/b", "does not say its object"),
        ("pkcs11:token=a;object=b", "does not say its module-path"),
        ("pkcs11:token=a;object=b?module-path=/c&pin-value=1", "pin-value, which it does not take"),
        ("pkcs11:token=a;object=b?module-path=/c", "PIN is missing"),
    ],
)
def test_a_line_that_is_wrong_is_told_by_what_is_wrong(tmp_path: Path, line: str, wrong: str) -> None:
    with pytest.raises(SettingInvalid, match=f"^VAULT_ROOT_KEY .*{wrong}"):
        settings(tmp_path, VAULT_ROOT_KEY=line)


def test_how_long_a_service_waits_at_its_start_is_a_number_of_seconds(tmp_path: Path) -> None:
    root_key = f"file:{tmp_path / 'root.key'}"
    assert settings(tmp_path, VAULT_ROOT_KEY=root_key).start_seconds == 30
    assert settings(tmp_path, VAULT_ROOT_KEY=root_key, VAULT_START_SECONDS="5").start_seconds == 5
    with pytest.raises(SettingInvalid, match="VAULT_START_SECONDS is not"):
        settings(tmp_path, VAULT_ROOT_KEY=root_key, VAULT_START_SECONDS="half a minute")


def test_no_root_key_and_no_pin_show(tmp_path: Path) -> None:
    with pytest.raises(SettingMissing, match="VAULT_ROOT_KEY is not set"):
        settings(tmp_path)
    token = "pkcs11:token=a;object=b?module-path=/c"
    assert "very secret" not in repr(settings(tmp_path, VAULT_ROOT_KEY=token, VAULT_ROOT_KEY_PIN="very secret"))


def test_a_keyring_lives_under_what_the_line_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = open_keyring(settings(tmp_path, VAULT_ROOT_KEY=f"file:{tmp_path / 'root.key'}"))
    assert kept.tenant_index(PLATFORM, "login", "somebody")

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "fake")
    with kms_server() as endpoint:
        line = f"aws-kms:vault?region=eu-north-1&endpoint={endpoint}"
        both = settings(tmp_path, VAULT_ROOT_KEY=f"file:{tmp_path / 'root.key'}", VAULT_NEXT_ROOT_KEY=line)
        root = open_root_key(both)
        assert isinstance(root, SucceedingRootKey)
        assert (type(root.old), type(root.new)) == (FileRootKey, KmsRootKey)
        assert open_keyring(both).signing_key().key_id == kept.signing_key().key_id


@pytest.mark.parametrize("keep", ["contract", "six years", "P0D", ""], ids=["contract", "words", "nothing", "empty"])
def test_the_platforms_log_is_kept_for_a_duration(tmp_path: Path, keep: str) -> None:
    root_key = f"file:{tmp_path / 'root.key'}"
    assert settings(tmp_path, VAULT_ROOT_KEY=root_key).log_keep == "P6Y"
    assert settings(tmp_path, VAULT_ROOT_KEY=root_key, VAULT_LOG_KEEP="P2Y").log_keep == "P2Y"
    with pytest.raises(SettingInvalid, match="VAULT_LOG_KEEP is not"):
        settings(tmp_path, VAULT_ROOT_KEY=root_key, VAULT_LOG_KEEP=keep)
