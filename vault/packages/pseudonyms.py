"""Research sees who is the same, and not who it is: names under a key that nobody keeps."""

import hashlib
import hmac
import secrets
from uuid import UUID


class Pseudonyms:
    """Pseudonyms of one package: the same value has the same one, in this package and in no other.

    The key is made for one package and gone with this object, so nobody can find the value again (Art. 4(5)): neither
    who reads the package nor who made it.
    """

    __slots__ = ("_key",)

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __repr__(self) -> str:
        """Nothing of the key."""
        return "Pseudonyms(…)"

    def of(self, label: str, value: str) -> str:
        """The pseudonym of a value: a UUID of version 8 (RFC 9562 §5.8), made of its HMAC-SHA-256.

        Args:
            label: what the value is; equal values of different labels have nothing to do with each other.
        """
        digest = bytearray(hmac.digest(self._key, label.encode() + b"\0" + value.encode(), hashlib.sha256)[:16])
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        return str(UUID(bytes=bytes(digest)))
