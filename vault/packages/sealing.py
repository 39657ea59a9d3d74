"""A package is sealed to its one recipient on its way into the store: to an age key, or to a certificate."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import pyrage

from vault.custody.objects import PartedUpload
from vault.packages import cms
from vault.packages.age import seal_to_age
from vault.packages.certificates import RecipientCertificate, read_certificate
from vault.packages.sealed_sizes import Counted, SealedSizes, sizes

__all__ = ["NewIdentity", "NotAKey", "SealTo", "Sealing", "new_identity", "seal_stream", "to_age", "to_certificate"]


class Sealing(StrEnum):
    """By which standard a package is sealed."""

    AGE = "age"
    CMS = "cms"

    @property
    def extension(self) -> str:
        """What the file's name ends with."""
        return "zip.age" if self is Sealing.AGE else "zip.p7m"

    @property
    def media_type(self) -> str:
        """What it is sent as."""
        return "application/octet-stream" if self is Sealing.AGE else cms.MEDIA_TYPE


class NotAKey(ValueError):
    """This is no public key of an age recipient."""


@dataclass(frozen=True)
class SealTo:
    """To what a package is sealed: an age key (`age1…`), or a certificate in PEM."""

    sealing: Sealing
    public_key: str

    @property
    def fingerprint(self) -> str:
        """What a recipient recognises their key by: the age key itself, or the SHA-256 of the certificate in hex."""
        return self.public_key if self.sealing is Sealing.AGE else self.certificate.fingerprint

    @property
    def certificate(self) -> RecipientCertificate:
        """The certificate, where it is one."""
        return RecipientCertificate(self.public_key)

    @property
    def good_until(self) -> datetime | None:
        """The certificate's last moment; an age key has none."""
        return None if self.sealing is Sealing.AGE else self.certificate.good_until

    def require_fit(self, now: datetime) -> None:
        """Raises CertificateUnfit where nothing may be sealed to it any more."""
        if self.sealing is Sealing.CMS:
            self.certificate.require_fit(now)


@dataclass(frozen=True)
class NewIdentity:
    """A key pair made for a recipient who has none: `secret` is shown once and kept nowhere."""

    to: SealTo
    secret: str = field(repr=False)


def to_age(public_key: str) -> SealTo:
    """Sealed to the public key of an age recipient. Raises NotAKey."""
    try:
        return SealTo(Sealing.AGE, str(pyrage.x25519.Recipient.from_str(public_key.strip())))
    except pyrage.RecipientError as error:
        raise NotAKey("This is not the public key of an age recipient: age1… from age-keygen.") from error


def to_certificate(pem: str, *, now: datetime) -> SealTo:
    """Sealed to the holder of a certificate. Raises CertificateUnfit."""
    return SealTo(Sealing.CMS, read_certificate(pem, now=now).pem)


def new_identity() -> NewIdentity:
    """A fresh age key pair."""
    identity = pyrage.x25519.Identity.generate()
    return NewIdentity(SealTo(Sealing.AGE, str(identity.to_public())), str(identity))


async def seal_stream(to: SealTo, plain: AsyncIterator[bytes], upload: PartedUpload) -> SealedSizes:
    """Seal everything of a stream and add it to an upload, which is left to be completed.

    Raises:
        ValueError: it is more than CMS can hold.
        Exception: whatever the stream or the store raises, unchanged.
    """
    if to.sealing is Sealing.AGE:
        return await seal_to_age(to.public_key, plain, upload)
    return await _seal_to_certificate(to.certificate, plain, upload)


async def _seal_to_certificate(
    certificate: RecipientCertificate, plain: AsyncIterator[bytes], upload: PartedUpload
) -> SealedSizes:
    sealer = await asyncio.to_thread(cms.CmsSealer, certificate)
    before, after = Counted(), Counted()

    async def add(sealed: bytes) -> None:
        after.count(sealed)
        await upload.add(sealed)

    await add(sealer.prefix)
    async for piece in plain:
        before.count(piece)
        await add(await asyncio.to_thread(sealer.update, piece))
    await add(sealer.finalize())
    return sizes(before, after)
