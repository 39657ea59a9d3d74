"""A sealed package is opened and verified by whoever holds its key, without the vault, and by nobody else."""

import io
import threading
from pathlib import Path

import pyrage
import pytest

from tests.packages.certified import Holder, ec_key, holder, rsa_key
from tests.packages.samples import FILES, PLATFORM, contents, members, written
from tests.packages.test_readme import by_hand, run
from vault.packages import opening, readme
from vault.packages.certificates import RecipientCertificate
from vault.packages.cms import CmsSealer
from vault.packages.members import Recipient
from vault.packages.opening import Form, NotOpened, form_of, open_age, open_to_certificate
from vault.packages.verifying import PackageInvalid, verify

IDENTITY, OTHER = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
HOLDERS = {"rsa": holder(rsa_key()), "p256": holder(ec_key())}
LARGE = dict(FILES) | {"recordings/large.wav": bytes(3 << 20)}

each_holder = pytest.mark.parametrize("whose", HOLDERS.values(), ids=list(HOLDERS))


async def to_age() -> bytes:
    to = Recipient(name="Demo Authority", sealing="age", key=str(IDENTITY.to_public()))
    package = await written(contents(recipient=to, members=members(LARGE, piece=1 << 20)))
    sealed: bytes = pyrage.encrypt(package, [IDENTITY.to_public()])
    return sealed


async def to_certificate(whose: Holder) -> bytes:
    certificate = RecipientCertificate(whose.pem)
    to = Recipient(name="Demo Authority", sealing="cms", key=certificate.fingerprint)
    sealer = CmsSealer(certificate)
    return sealer.prefix + sealer.update(await written(contents(recipient=to))) + sealer.finalize()


async def test_a_package_sealed_to_an_age_key_is_verified_by_its_holder() -> None:
    opened = open_age(io.BytesIO(await to_age()), f"# created\n{IDENTITY}\n")
    assert verify(opened.pieces, PLATFORM.public_pem, sealed_to=opened.sealed_to).kind == "authority"


async def test_a_package_sealed_to_an_age_key_opens_for_no_other_and_not_where_it_was_altered() -> None:
    sealed = await to_age()
    altered = bytearray(sealed)
    altered[len(sealed) // 2] ^= 1
    for file, identity in ((sealed, OTHER), (bytes(altered), IDENTITY), (sealed[:-100], IDENTITY)):
        with pytest.raises((NotOpened, PackageInvalid)):
            verify(open_age(io.BytesIO(file), str(identity)).pieces, PLATFORM.public_pem)
    with pytest.raises(NotOpened, match="identity file"):
        open_age(io.BytesIO(sealed), "AGE-SECRET-KEY-1")


async def test_a_package_sealed_again_to_another_key_is_refused() -> None:
    package = pyrage.decrypt(await to_age(), [IDENTITY])
    opened = open_age(io.BytesIO(pyrage.encrypt(package, [OTHER.to_public()])), str(OTHER))
    with pytest.raises(PackageInvalid, match="another key"):
        verify(opened.pieces, PLATFORM.public_pem, sealed_to=opened.sealed_to)


async def test_whoever_stops_opening_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    pieces = open_age(io.BytesIO(await to_age()), str(IDENTITY)).pieces
    next(pieces)
    pieces.close()  # type: ignore[attr-defined] # it is a generator, said to be an iterator
    assert threading.active_count() == before


@each_holder
async def test_a_package_sealed_to_a_certificate_is_verified_by_its_holder(whose: Holder) -> None:
    opened = open_to_certificate(io.BytesIO(await to_certificate(whose)), whose.pem, whose.key_pem)
    assert verify(opened.pieces, PLATFORM.public_pem, sealed_to=opened.sealed_to).kind == "authority"


@each_holder
async def test_a_package_sealed_to_a_certificate_opens_for_no_other_and_not_where_it_was_altered(whose: Holder) -> None:
    sealed = await to_certificate(whose)
    altered = bytearray(sealed)
    altered[-20] ^= 1  # the tag of all that stands before it
    stranger = holder(rsa_key())
    for file, who in ((sealed, stranger), (bytes(altered), whose), (sealed[:-100], whose)):
        with pytest.raises((NotOpened, PackageInvalid)):
            verify(open_to_certificate(io.BytesIO(file), who.pem, who.key_pem).pieces, PLATFORM.public_pem)
    for certificate, key in (("", whose.key_pem), (whose.pem, b"")):
        with pytest.raises(NotOpened, match="in PEM"):
            open_to_certificate(io.BytesIO(sealed), certificate, key)


@by_hand
@each_holder
async def test_the_command_of_the_readme_opens_what_was_sealed_to_a_certificate(whose: Holder, tmp_path: Path) -> None:
    (tmp_path / "PACKAGE.p7m").write_bytes(await to_certificate(whose))
    (tmp_path / "CERTIFICATE.pem").write_text(whose.pem)
    (tmp_path / "KEY.pem").write_bytes(whose.key_pem)
    (command,) = readme.OPENING["cms"]

    assert run(command, tmp_path).returncode == 0

    with (tmp_path / "package.zip").open("rb") as package:
        verify(opening.opened(package).pieces, PLATFORM.public_pem)


async def test_a_file_shows_what_it_is_in_its_first_bytes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content, form in (
        (await written(), Form.OPEN),
        (await to_age(), Form.AGE),
        (await to_certificate(HOLDERS["rsa"]), Form.CMS),
        (b'{"certificate":', None),
        (b"", None),
    ):
        file.write_bytes(content)
        assert form_of(file) == form
