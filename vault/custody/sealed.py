"""A sealed part opens only whole or by authenticated chunks, only with its data key, and only in its own place.

This page is the format's specification; a reader fits in 100 lines (`tests/vectors/reference.py`).
Integers are unsigned and big-endian; `||` joins bytes; `u8(x)` is the length of x in one byte, then x.

    sealed part = header || message

    header  = "RVSP"                    4 bytes
           || 0x01                      1 byte, the format's version
           || header length             2 bytes, of the whole header
           || place
           || u8(wrapping key id)       1 to 64 bytes of A-Z a-z 0-9 / : . _ -
           || u8(media type)            1 to 127 bytes of printable ASCII
           || wrapped data key          104 bytes

    place   = tenant                    16 bytes, a UUID
           || recording                 16 bytes, a UUID
           || version                   4 bytes
           || u8(part)                  1 to 40 bytes: a-z, then a-z 0-9 . _ -

    message = one Cobblestone-256 message (https://c2sp.org/chunked-encryption) under the data key, whose
              context = "recording-vault/sealed@v1" || 0x00 || place || header

A Cobblestone-256 message is

    salt 24 bytes || commitment 32 bytes || chunk 0 || chunk 1 || ... || last chunk
    key 32 bytes || base nonce 12 bytes || commitment 32 bytes = HKDF-Expand-SHA-512(data key, info)
    info = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM" || 0x00 || salt || context

Each chunk is AES-256-GCM of 16384 bytes of content, with no associated data, followed by its 16-byte tag; its nonce
is the base nonce XOR the chunk's number. The last chunk is always shorter than the others and may be empty, so content
of n bytes has n // 16384 + 1 chunks and chunk k begins at byte 56 + 16400 k of the message.

A reader checks the commitment before it opens a chunk, takes `place` in the context from where it looked and not from
the header, and believes the end only of a last chunk that it has opened. Whatever differs, it refuses the whole.
"""

import hmac
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import AlreadyFinalized, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.custody.sealed_header import (
    CHUNK,
    COMMITMENT,
    HEADER_LIMIT,
    SALT,
    TAG,
    Bytes,
    DataKey,
    Header,
    Place,
    SealedInvalid,
    is_header_of,
    plain_size,
    sealed_size,
)

__all__ = [
    "HEADER_LIMIT",
    "DataKey",
    "Header",
    "Opener",
    "Place",
    "RangeOpener",
    "SealedInvalid",
    "Sealer",
    "open_sealed",
    "open_small",
    "plain_size",
    "seal",
    "sealed_size",
]

_CONTEXT: Final = b"recording-vault/sealed@v1\x00"
_COBBLESTONE: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


def _context(place: Place, header: bytes) -> bytes:
    return _CONTEXT + place.encoded + header


class _Scratch:
    """Memory to write output into, used again only when nobody looks at what was written there before.

    An event loop may keep a view it was given until the network takes it; overwriting it then would send other
    bytes than were sealed. So memory that is still looked at is left alone and new memory taken.
    """

    def __init__(self) -> None:
        # Two, because a loop still holds the view of its last turn when it asks for the next.
        self._older, self._newer = bytearray(), bytearray()

    def take(self, size: int) -> memoryview:
        buffer = self._older
        if len(buffer) < size or not self._is_free(buffer):
            buffer = bytearray(size + CHUNK + TAG)  # room for what may wait between pieces of one size
        self._older, self._newer = self._newer, buffer
        return memoryview(buffer)[:size]

    @staticmethod
    def _is_free(buffer: bytearray) -> bool:
        try:
            buffer.append(0)  # CPython refuses to resize a bytearray that a view looks at
        except BufferError:
            return False
        buffer.pop()
        return True


class Sealer:
    """Seals one part as its content arrives, in constant memory.

    The sealed part is `prefix`, then what each `update` returns (it may be empty), then what `finalize` returns.
    Pieces of 64 KiB to 1 MiB are fastest.
    """

    def __init__(self, data_key: DataKey, header: Header) -> None:
        encoded = header.encode()
        self._encryptor = Cobblestone256Encryptor(data_key.reveal(), _context(header.place, encoded))
        self._scratch = _Scratch()
        self._sealed = 0
        self.prefix: Final[bytes] = encoded + self._encryptor.update(b"")

    def update(self, content: Bytes) -> memoryview:
        """Seal the next bytes of content; returns the chunks that are full by now."""
        before, self._sealed = self._sealed // CHUNK, self._sealed + len(content)
        out = self._scratch.take((self._sealed // CHUNK - before) * (CHUNK + TAG))
        self._encryptor.update_into(content, out)
        return out

    def finalize(self) -> bytes:
        """Seal the last chunk. Without it the sealed part is refused as cut short."""
        return self._encryptor.finalize()


class Opener:
    """Opens one whole sealed part as it arrives, in constant memory.

    Give it the prefix, then all that follows it in pieces of any size. What `update` returns is authentic, but that
    nothing is missing is known only when `finalize` has returned.

    Raises:
        SealedInvalid: from every method, when these are not the bytes that were sealed here under this key.
    """

    def __init__(self, data_key: DataKey, place: Place, prefix: Bytes) -> None:
        context, message = _split(place, prefix)
        self._decryptor = Cobblestone256Decryptor(data_key.reveal(), context)
        self._scratch = _Scratch()
        self._arrived = 0
        self._decrypt(message, memoryview(bytearray()))

    def update(self, sealed: Bytes) -> memoryview:
        """Open the next bytes; returns the content of the full chunks that have arrived by now."""
        before, self._arrived = self._arrived // (CHUNK + TAG), self._arrived + len(sealed)
        out = self._scratch.take((self._arrived // (CHUNK + TAG) - before) * CHUNK)
        self._decrypt(sealed, out)
        return out

    def finalize(self) -> bytes:
        """Open the last chunk: the content ends here and nowhere else."""
        try:
            return self._decryptor.finalize()
        except (InvalidTag, AlreadyFinalized) as error:
            raise SealedInvalid("The sealed part is cut short, or its last chunk is not authentic.") from error

    def _decrypt(self, sealed: Bytes, out: memoryview) -> None:
        try:
            self._decryptor.update_into(sealed, out)
        except (InvalidTag, AlreadyFinalized) as error:
            raise SealedInvalid("The sealed part is not authentic here.") from error


def _split(place: Place, prefix: Bytes) -> tuple[bytes, bytes]:
    """The context that the prefix must have been sealed in, and the message's own 56 bytes of it."""
    encoded = bytes(prefix[: -(SALT + COMMITMENT)])
    # Of what its message binds anyway only the place is looked at: a page of results opens fifty of them.
    if not is_header_of(place, encoded):
        if Header.read(prefix).place != place:
            raise SealedInvalid("The sealed part belongs elsewhere.")
        raise SealedInvalid("The prefix of a sealed part has another length.")
    return _context(place, encoded), bytes(prefix[len(encoded) :])


class RangeOpener:
    """Opens the bytes `start` to `stop` (exclusive) of the content out of only the chunks that hold them.

    Fetch `sealed_start` to `sealed_stop` (exclusive) of the sealed part and feed it to `update` in pieces of any size.
    `size` is that of the whole content. A range that reaches the content's end fetches the last chunk even when it is
    empty: only that chunk proves that the end is the end.

    Raises:
        SealedInvalid: from every method, when these are not the bytes that were sealed here under this key.
        ValueError: the range is empty (unless at the very end) or outside the content.
    """

    def __init__(self, data_key: DataKey, place: Place, prefix: Bytes, *, size: int, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= size or (start == stop < size):
            raise ValueError("The range is outside the content.")
        context, message = _split(place, prefix)
        self._cipher, self._nonce = _derive(data_key, context, message)
        self._start, self._stop = start, stop
        self._chunk = start // CHUNK
        after = size // CHUNK + 1 if stop == size else (stop - 1) // CHUNK + 1
        self.sealed_start: Final[int] = len(prefix) + self._chunk * (CHUNK + TAG)
        self.sealed_stop: Final[int] = len(prefix) + min(after * (CHUNK + TAG), size + TAG * (size // CHUNK + 1))
        self._missing = self.sealed_stop - self.sealed_start
        self._partial = memoryview(bytearray(CHUNK + TAG))
        self._waiting = 0
        self._scratch = _Scratch()

    def update(self, sealed: Bytes) -> memoryview:
        """Open the next bytes; returns what they complete of the range."""
        self._missing -= len(sealed)
        if self._missing < 0:
            raise SealedInvalid("More has arrived than the range holds, or it was refused before.")
        piece, out, first = memoryview(sealed), self._scratch.take(self._waiting + len(sealed)), self._chunk * CHUNK
        filled = 0
        if self._waiting:
            piece = self._keep(piece)
            if self._waiting == CHUNK + TAG or not self._missing:
                filled = self._decrypt(self._partial[: self._waiting], out)
                self._waiting = 0
        # Only the content's last chunk is shorter than the others, and it is whole when nothing is missing any more.
        whole = len(piece) - len(piece) % (CHUNK + TAG) if self._missing else len(piece)
        filled += self._decrypt(piece[:whole], out[filled:])
        self._keep(piece[whole:])
        begin = min(max(self._start - first, 0), filled)
        return out[begin : max(min(self._stop - first, filled), begin)]

    def finalize(self) -> None:
        """All of the range has been opened."""
        if self._missing:
            raise SealedInvalid("The range is cut short, or was refused before.")

    def _keep(self, piece: memoryview) -> memoryview:
        """Keep what belongs to the chunk that is not whole yet; returns what lies beyond it."""
        taken = min(len(piece), CHUNK + TAG - self._waiting)
        self._partial[self._waiting : self._waiting + taken] = piece[:taken]
        self._waiting += taken
        return piece[taken:]

    def _decrypt(self, chunks: memoryview, out: memoryview) -> int:
        """Open whole chunks that follow one another; returns how much content they held."""
        decrypt, base, filled = self._cipher.decrypt_into, self._nonce, 0
        try:
            for at in range(0, len(chunks), CHUNK + TAG):
                chunk = chunks[at : at + CHUNK + TAG]
                nonce = (base ^ self._chunk).to_bytes(12, "big")
                filled += decrypt(nonce, chunk, None, out[filled : filled + len(chunk) - TAG])
                self._chunk += 1
        except InvalidTag as error:
            self._missing = -1
            raise SealedInvalid("The sealed part is not authentic here.") from error
        return filled


def _derive(data_key: DataKey, context: bytes, message: bytes) -> tuple[AESGCM, int]:
    """The message's own key and base nonce, once its commitment has been checked."""
    salt, commitment = message[:SALT], message[SALT:]
    derived = HKDFExpand(SHA512(), 32 + 12 + COMMITMENT, _COBBLESTONE + salt + context).derive(data_key.reveal())
    if not hmac.compare_digest(derived[44:], commitment):
        raise SealedInvalid("The sealed part is not under this key, or not in this place.")
    return AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big")


def seal(data_key: DataKey, header: Header, content: Bytes) -> bytes:
    """Seal a small part in one step."""
    sealer = Sealer(data_key, header)
    return b"".join((sealer.prefix, sealer.update(content), sealer.finalize()))


def open_small(data_key: DataKey, place: Place, prefix: Bytes, sealed: bytes) -> bytes:
    """Open a small part whose prefix was kept beside it; raises as `open_sealed` does."""
    if not sealed.startswith(prefix):
        raise SealedInvalid("The sealed part begins otherwise than it did.")
    context, message = _split(place, prefix)
    decryptor = Cobblestone256Decryptor(data_key.reveal(), context)
    try:
        return decryptor.update(sealed[len(prefix) - len(message) :]) + decryptor.finalize()
    except InvalidTag as error:
        raise SealedInvalid("The sealed part is not authentic here.") from error


def open_sealed(data_key: DataKey, place: Place, sealed: Bytes) -> bytes:
    """Open a small part in one step.

    Raises:
        SealedInvalid: these are not the bytes that were sealed here under this key.
    """
    prefix_size = Header.read(sealed).prefix_size
    opener = Opener(data_key, place, sealed[:prefix_size])
    return b"".join((opener.update(sealed[prefix_size:]), opener.finalize()))
