"""A secret shows nowhere that something is printed: not in a settings object, a body, an error or a line of the log."""

import dataclasses
import importlib
import io
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints
from uuid import uuid4

import msgspec
import pytest
import structlog

import tenants
import vault
from vault import logs
from vault.credentials import Issued, new_token
from vault.settings import SettingInvalid, SettingMissing, Settings

SECRET = frozenset(
    {
        "admin_password",
        "app_secret",
        "client_secret",
        "code",
        "credentials",
        "invitation",
        "logout_token",
        "passphrase",
        "password",
        "pin",
        "private_key",
        "recovery_code",
        "recovery_codes",
        "secret",
        "secret_key",
        "token",
        "uri",
    }
)
"""How a field is called that holds a secret in clear."""

NO_SECRETS = {
    ("Pkcs11Root", "token"): "the label of a token, not what opens it",
    ("Words", "password"): "the word for it on a page",
    ("Words", "invitation"): "the word for it on a page",
    ("Words", "code"): "the word for it on a page",
    ("Words", "recovery_codes"): "the word for it on a page",
}
MARK = "a-very-secret-word"


def _classes() -> Iterator[type]:
    for package in (vault, tenants):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                module = importlib.import_module(found.name)
                yield from (
                    each for each in vars(module).values() if isinstance(each, type) and each.__module__ == found.name
                )


def _shown(each: type) -> set[str]:
    """The fields that the class's representation shows as they are: texts and bytes, and lists of those."""
    if dataclasses.is_dataclass(each):
        # What `dataclass` generates is wrapped against recursion; a representation of the class's own shows none.
        generated = hasattr(each.__repr__, "__wrapped__")
        names = {field.name for field in dataclasses.fields(each) if field.repr and generated}
    elif issubclass(each, msgspec.Struct) and each.__repr__ is msgspec.Struct.__repr__:
        names = set(each.__struct_fields__)
    else:
        return set()
    hints = get_type_hints(each) if names & SECRET else {}
    return {name for name in names & hints.keys() if re.search(r"\b(str|bytes|Any)\b", repr(hints[name]))}


def test_no_class_shows_a_field_that_holds_a_secret() -> None:
    shown = {(each.__name__, name) for each in _classes() for name in _shown(each) & SECRET}
    assert shown - set(NO_SECRETS) == set()


def test_settings_show_none_of_their_secrets(tmp_path: Path) -> None:
    url = f"postgres://user:{MARK}@db.example/vault"
    settings = Settings.from_env(
        {
            "VAULT_DATABASE_URL": url,
            "VAULT_OWNER_DATABASE_URL": url,
            "VAULT_BACKUP_DATABASE_URL": url,
            "VAULT_BROKER_URL": f"redis://:{MARK}@valkey.example",
            "VAULT_S3_ACCESS_KEY": MARK,
            "VAULT_S3_SECRET_KEY": MARK,
            "VAULT_KEYRING_DIR": str(tmp_path),
            "VAULT_ROOT_KEY": "pkcs11:token=hsm;object=root?module-path=/usr/lib/hsm.so",
            "VAULT_ROOT_KEY_PIN": MARK,
            "VAULT_SMTP_URL": f"smtp://user:{MARK}@mail.example",
            "VAULT_MAIL_FROM": "vault@demo.example",
        }
    )
    assert MARK not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VAULT_SMTP_URL", f"smtp://user:{MARK}@[mail"),
        ("VAULT_SMTP_URL", f"nonsense://user:{MARK}@mail.example"),
        ("VAULT_ROOT_KEY", f"pkcs11:token=hsm;object=root?module-path=/a&pin-value={MARK}"),
    ],
)
def test_a_setting_that_is_wrong_is_told_without_what_it_holds(tmp_path: Path, variable: str, value: str) -> None:
    needed = dict.fromkeys(
        ("VAULT_DATABASE_URL", "VAULT_BROKER_URL", "VAULT_S3_ACCESS_KEY", "VAULT_S3_SECRET_KEY"), "x"
    )
    environment = needed | {"VAULT_KEYRING_DIR": str(tmp_path), "VAULT_ROOT_KEY": f"file:{tmp_path}", variable: value}
    with pytest.raises((SettingInvalid, SettingMissing)) as wrong:
        Settings.from_env(environment)
    assert MARK not in str(wrong.value)


def test_what_was_issued_does_not_show_its_secret() -> None:
    issued = Issued(uuid4(), MARK)
    assert MARK not in f"{issued} {issued!r}"


@pytest.mark.parametrize(
    "secret",
    [
        new_token(),
        "vs_" + "aB3-_" * 9,
        "in_" + "aB3-_" * 9,
        "whsec_" + "QUJD" * 8,
        "AGE-SECRET-KEY-1" + "QPZRY9X8" * 7,
        "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----",
        "postgres://vault_app:hunter2@db.example/vault",
        "authorization: Bearer abcdefghijklmnop",
    ],
    ids=["token", "session", "invitation", "webhook", "age", "pem", "database", "bearer"],
)
def test_a_secret_that_an_error_quotes_is_struck_out_of_the_log(secret: str) -> None:
    said = io.StringIO()
    logs.configure(stream=said)
    try:
        raise RuntimeError(f"something broke near {secret} and went on")
    except RuntimeError:
        structlog.get_logger().exception("request.failed", hint=secret)
    finally:
        logs.configure()
    line = said.getvalue()
    for part in ("MIIabc", "hunter2", "abcdefghijklmnop", secret):
        assert part not in line
    assert "went on" in line


def test_what_is_no_secret_stays_in_the_log() -> None:
    line = {"event": "request.finished", "path": "/v1/tokens/6f0c", "status": 200, "url": "https://a.example/x"}
    assert logs.strike_out(None, "info", dict(line)) == line
