"""Sealing and opening cost hardly more than the bare cipher: 64 MiB in one thread, against it and against two peers.

Every streaming contestant gets the same pieces. What is counted is the thread's processor time.
"""

import io
import os
import time
from collections.abc import Callable
from uuid import UUID

import aws_encryption_sdk
import tink
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tink import streaming_aead

from tests.benchmarks import Row, by_turns, tell
from vault.custody.sealed import DataKey, Header, Opener, Place, RangeOpener, Sealer

SIZE = 64 * 2**20
PIECE = 256 * 2**10
"""What the object store is read and written in at a time (`vault.custody.objects`)."""
FRAME = 64 * 2**10
CHUNK = 16384
ROUNDS = 9

Work = Callable[[], None]


def rows() -> list[Row]:
    """Seal and open against the bare cipher (`cryptography`), the AWS Encryption SDK and Tink."""
    content = os.urandom(SIZE)
    seal, open_whole, open_range = _ours(content)
    gcm_seal, gcm_open = _bare_cipher(content)
    esdk_seal, esdk_open = _aws_encryption_sdk(content)
    tink_seal, tink_open = _tink(content)
    contestants = {
        "seal": seal,
        "gcm seal": gcm_seal,
        "open": open_whole,
        "gcm open": gcm_open,
        "range": open_range,
        "esdk seal": esdk_seal,
        "esdk open": esdk_open,
        "tink seal": tink_seal,
        "tink open": tink_open,
    }
    turns = by_turns(contestants, rounds=ROUNDS, clock=time.thread_time)
    rate = {name: SIZE / 1e6 / turns.median(name) for name in contestants}
    compared = [
        ("seal 64 MiB, against AES-256-GCM", "seal", "gcm seal", 0.85),
        ("open 64 MiB, against AES-256-GCM", "open", "gcm open", 0.85),
        ("open 64 MiB as a range, against AES-256-GCM", "range", "gcm open", 0.75),
        ("seal 64 MiB, against AWS Encryption SDK", "seal", "esdk seal", 5.0),
        ("open 64 MiB, against AWS Encryption SDK", "open", "esdk open", 5.0),
        ("seal 64 MiB, against Tink streaming", "seal", "tink seal", 3.0),
        ("open 64 MiB, against Tink streaming", "open", "tink open", 3.0),
    ]
    return [Row(name, rate[a], rate[b], turns.ratio(a, b), target, "MB/s") for name, a, b, target in compared]


def _pieces(whole: bytes) -> list[memoryview]:
    view = memoryview(whole)
    return [view[at : at + PIECE] for at in range(0, len(whole), PIECE)]


def _ours(content: bytes) -> tuple[Work, Work, Work]:
    place = Place(UUID(int=1), UUID(int=2), "content", 1)
    header, key = Header(place, "content/20260501T0000Z", bytes(104), "audio/wav"), DataKey(os.urandom(32))
    plain = _pieces(content)
    sealer = Sealer(key, header)
    sealed = _pieces(b"".join([*(bytes(sealer.update(piece)) for piece in plain), sealer.finalize()]))

    def seal() -> None:
        sealer = Sealer(key, header)
        for piece in plain:
            sealer.update(piece)
        sealer.finalize()

    def open_whole() -> None:
        opener = Opener(key, place, sealer.prefix)
        for piece in sealed:
            opener.update(piece)
        opener.finalize()

    def open_range() -> None:
        opener = RangeOpener(key, place, sealer.prefix, size=SIZE, start=0, stop=SIZE)
        for piece in sealed:
            opener.update(piece)
        opener.finalize()

    return seal, open_whole, open_range


def _bare_cipher(content: bytes) -> tuple[Work, Work]:
    cipher, buffer, view = AESGCM(os.urandom(32)), bytearray(CHUNK + 16), memoryview(content)
    chunks = [view[at : at + CHUNK] for at in range(0, SIZE, CHUNK)]
    sealed = [cipher.encrypt(k.to_bytes(12, "big"), chunk, None) for k, chunk in enumerate(chunks)]
    plain = memoryview(buffer)[:CHUNK]

    def seal() -> None:
        for k, chunk in enumerate(chunks):
            cipher.encrypt_into(k.to_bytes(12, "big"), chunk, None, buffer)

    def open_all() -> None:
        for k, chunk in enumerate(sealed):
            cipher.decrypt_into(k.to_bytes(12, "big"), chunk, None, plain)

    return seal, open_all


class _RawKey(RawMasterKeyProvider):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own way of wrapping with a key that one holds."""

    provider_id = "benchmark"

    def _get_raw_key(self, key_id: bytes) -> WrappingKey:
        return WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=b"k" * 32,
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        )


def _aws_encryption_sdk(content: bytes) -> tuple[Work, Work]:
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    provider = _RawKey()
    provider.add_master_key("benchmark")
    unsigned = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY

    def encrypt() -> bytes:
        sealed, _ = client.encrypt(source=content, key_provider=provider, algorithm=unsigned, frame_length=FRAME)
        return bytes(sealed)

    sealed = encrypt()

    def seal() -> None:
        encrypt()

    def open_all() -> None:
        client.decrypt(source=sealed, key_provider=provider)

    return seal, open_all


class _Sink(io.RawIOBase):
    """Takes what is written and forgets it."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return len(data)  # type: ignore[arg-type]  # any buffer


def _tink(content: bytes) -> tuple[Work, Work]:
    streaming_aead.register()
    template = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB
    primitive = tink.new_keyset_handle(template).primitive(streaming_aead.StreamingAead)
    plain = _pieces(content)
    kept = io.BytesIO()
    kept.close = lambda: None  # type: ignore[method-assign]  # Tink closes what it writes to
    with primitive.new_encrypting_stream(kept, b"") as stream:
        stream.write(content)
    sealed = kept.getvalue()

    def seal() -> None:
        with primitive.new_encrypting_stream(_Sink(), b"") as stream:
            for piece in plain:
                stream.write(piece)

    def open_all() -> None:
        with primitive.new_decrypting_stream(io.BytesIO(sealed), b"") as stream:
            while stream.read(PIECE):
                pass

    return seal, open_all


if __name__ == "__main__":
    tell(rows())
