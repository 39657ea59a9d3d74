"""In an HSM each controller has a key that cannot leave the token, and destroying it removes it from the token at once.

Only mechanisms that tokens commonly have are used: an AES-256 key is generated on the token, sensitive and not
extractable, and wraps by AES-GCM (CKM_AES_GCM) with a random nonce and the context as associated data.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import pkcs11
import structlog
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import EncryptedDataInvalid, EncryptedDataLenRange, GeneralError, PKCS11Error

from vault.custody.keys import KeyringInvalid, KeyringUnavailable, RandomBytes
from vault.custody.sealed_header import SealedInvalid, Secret

_MAGIC: Final = b"P11\x01"
_NONCE: Final = 12
_WRAPPED: Final = len(_MAGIC) + _NONCE + 32 + 16
_TAG_BITS: Final = 128

Answer = TypeVar("Answer")

log = structlog.get_logger()


class Pkcs11RootKey:
    """One AES-256 key an owner on a token, labelled `PREFIX/OWNER`.

    A wrap is "P11", 0x01, the nonce and the ciphertext. Copies of the token (a backup HSM) hold the keys too, until
    they are brought up to date.

    Args:
        module: the library of the HSM's maker.
        token: the token's label.
        prefix: what the keys' labels begin with.
        pin: the user's PIN.
    """

    def __init__(
        self, module: Path, *, token: str, prefix: str, pin: str, random_bytes: RandomBytes = os.urandom
    ) -> None:
        self._token = _token(str(module), token, pin)
        self._prefix = prefix
        self._random_bytes = random_bytes

    def create(self, owner: UUID) -> None:
        """Make the owner's key. Harmless where it exists."""

        def generate(session: pkcs11.Session) -> None:
            if not self._find(session, owner):
                self._generate(session, owner)

        self._token.ask(generate)

    def wrap(self, owner: UUID, secret: Secret, context: bytes) -> bytes:
        """Encrypt 32 secret bytes."""
        nonce = self._random_bytes(_NONCE)
        sealed = self._token.ask(lambda session: _encrypt(self._key(session, owner), secret, nonce, context))
        return _MAGIC + nonce + sealed

    def unwrap(self, owner: UUID, wrapped: bytes, context: bytes) -> Secret:
        """The 32 bytes again. Raises SealedInvalid."""
        if not wrapped.startswith(_MAGIC) or len(wrapped) != _WRAPPED:
            raise SealedInvalid("This key was not wrapped by this HSM.")
        nonce, sealed = wrapped[len(_MAGIC) : len(_MAGIC) + _NONCE], wrapped[len(_MAGIC) + _NONCE :]
        return self._token.ask(lambda session: _decrypt(self._key(session, owner), sealed, nonce, context))

    def destroy(self, owner: UUID) -> None:
        """Remove the owner's key from the token."""

        def remove(session: pkcs11.Session) -> None:
            for key in self._find(session, owner):
                key.destroy()

        self._token.ask(remove)

    def pending_until(self, owner: UUID) -> datetime | None:
        """Nothing is ever pending: what is removed from a token is gone from it."""
        return None

    def _generate(self, session: pkcs11.Session, owner: UUID) -> None:
        session.generate_key(
            KeyType.AES,
            256,
            label=self._label(owner),
            id=owner.bytes,
            store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )

    def _key(self, session: pkcs11.Session, owner: UUID) -> Any:
        keys = self._find(session, owner)
        if len(keys) != 1:
            raise KeyringInvalid(f"The token has {len(keys)} keys where one root key should be.")
        return keys[0]

    def _find(self, session: pkcs11.Session, owner: UUID) -> list[Any]:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: self._label(owner)}
        return list(session.get_objects(wanted))

    def _label(self, owner: UUID) -> str:
        return f"{self._prefix}/{owner}"


class _Token:
    """One session with a token, one call at a time; after a failure another is opened.

    Who is logged in is so for the whole process, and one who leaves logs out all: so a process has one of each token.
    """

    def __init__(self, module: str, label: str, pin: str) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        self._session: pkcs11.Session | None = None
        self._lock = threading.Lock()

    def ask(self, question: Callable[[pkcs11.Session], Answer]) -> Answer:
        """Ask the token, and once more in a new session where it has forgotten the old one."""
        with self._lock, suppress(PKCS11Error):
            return self._ask(question)
        with self._lock:
            try:
                return self._ask(question)
            except PKCS11Error as error:
                log.error("root_key.unreachable", token=self._label, error=type(error).__name__)
                raise KeyringUnavailable from error

    def _ask(self, question: Callable[[pkcs11.Session], Answer]) -> Answer:
        try:
            if self._session is None:
                token = pkcs11.lib(self._module).get_token(token_label=self._label)
                self._session = token.open(rw=True, user_pin=self._pin)
            return question(self._session)
        except PKCS11Error:
            self._leave()
            raise

    def _leave(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(PKCS11Error):
                session.close()


@lru_cache
def _token(module: str, label: str, pin: str) -> _Token:
    return _Token(module, label, pin)


def _encrypt(key: Any, secret: Secret, nonce: bytes, context: bytes) -> bytes:
    params = GCMParams(nonce, context, _TAG_BITS)
    return bytes(key.encrypt(secret.reveal(), mechanism=Mechanism.AES_GCM, mechanism_param=params))


def _decrypt(key: Any, sealed: bytes, nonce: bytes, context: bytes) -> Secret:
    params = GCMParams(nonce, context, _TAG_BITS)
    try:
        return Secret(bytes(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=params)))
    except (EncryptedDataInvalid, EncryptedDataLenRange, GeneralError) as error:
        # Tokens also say "general error" to a wrong tag. One that still encrypts is well, and the wrap is not.
        _encrypt(key, Secret(bytes(32)), nonce[::-1], b"")
        raise SealedInvalid("This key was not wrapped by that one, or not in this context.") from error
