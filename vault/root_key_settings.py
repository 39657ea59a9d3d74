"""Where the root key lives is one line that says which provider has it and how it is found there; never a secret.

file:PATH
aws-kms:PREFIX?region=REGION[&window=DAYS][&endpoint=URL]
pkcs11:token=LABEL;object=PREFIX?module-path=PATH          (RFC 7512)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote

WINDOW: Final = range(7, 31)
"""Days that KMS lets pass between asking for a key's deletion and the deletion."""


@dataclass(frozen=True)
class FileRoot:
    """A root key in a file."""

    path: Path


@dataclass(frozen=True)
class KmsRoot:
    """Root keys in AWS KMS, under `alias/PREFIX/…`; deleted `window` days after that was asked for."""

    prefix: str
    region: str
    window: int = 7
    endpoint: str | None = None


@dataclass(frozen=True)
class Pkcs11Root:
    """Root keys on a token, labelled `PREFIX/…`."""

    module: Path
    token: str
    prefix: str
    pin: str = field(repr=False)


RootKeySetting = FileRoot | KmsRoot | Pkcs11Root


def read_root_key(text: str, *, pin: str | None) -> RootKeySetting:
    """Read the line.

    Args:
        text: as this module says.
        pin: the PIN of the token's user, which only a token needs.

    Raises:
        ValueError: what is wrong, in words that can follow the name of the setting; never the PIN.
    """
    provider, _, rest = text.partition(":")
    if provider == "file" and rest:
        return FileRoot(Path(rest))
    if provider == "aws-kms":
        return _kms(rest)
    if provider == "pkcs11":
        return _pkcs11(rest, pin)
    raise ValueError("is none of file:PATH, aws-kms:PREFIX?region=… and pkcs11:token=…;object=…?module-path=…")


def _kms(rest: str) -> KmsRoot:
    prefix, _, query = rest.partition("?")
    said = _pairs(parse_qsl(query, keep_blank_values=True), needed=("region",), allowed=("window", "endpoint"))
    window = said.get("window", str(WINDOW.start))
    if not window.isdecimal() or int(window) not in WINDOW:
        raise ValueError(f"has a window that is not {WINDOW.start} to {WINDOW.stop - 1} days")
    if not prefix:
        raise ValueError("names no prefix of the keys' aliases")
    return KmsRoot(prefix=prefix, region=said["region"], window=int(window), endpoint=said.get("endpoint"))


def _pkcs11(rest: str, pin: str | None) -> Pkcs11Root:
    path, _, query = rest.partition("?")
    parts = [part.partition("=") for part in path.split(";")]
    found = _pairs([(name, unquote(value)) for name, _, value in parts], needed=("token", "object"))
    how = _pairs(parse_qsl(query, keep_blank_values=True), needed=("module-path",))
    if pin is None:
        raise ValueError("names a token, whose PIN is missing (the same variable with _PIN)")
    return Pkcs11Root(module=Path(how["module-path"]), token=found["token"], prefix=found["object"], pin=pin)


def _pairs(
    pairs: list[tuple[str, str]], *, needed: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> Mapping[str, str]:
    said = dict(pairs)
    for name in needed:
        if not said.get(name):
            raise ValueError(f"does not say its {name}")
    for name in said:
        if name not in (*needed, *allowed):
            raise ValueError(f"says {name}, which it does not take")
    return said
