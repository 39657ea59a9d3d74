"""`vault verify PACKAGE` tells a genuine package from any other, with neither a vault nor a network."""

import json
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result

from tests.packages.certified import holder, rsa_key
from tests.packages.samples import MARK, PLATFORM, contents, written
from vault.cli import main
from vault.packages.certificates import RecipientCertificate
from vault.packages.cms import CmsSealer
from vault.packages.members import Recipient

IDENTITY, HOLDER = pyrage.x25519.Identity.generate(), holder(rsa_key())


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the platform's key and what opens sealed packages."""
    (tmp_path / "platform.pem").write_bytes(PLATFORM.public_pem)
    (tmp_path / "identity.txt").write_text(f"# public key: {IDENTITY.to_public()}\n{IDENTITY}\n")
    (tmp_path / "key.pem").write_bytes(HOLDER.key_pem)
    (tmp_path / "certificate.pem").write_text(HOLDER.pem)
    return tmp_path


def verify(here: Path, package: bytes, **named: str) -> Result:
    """Run `vault verify` on this package, each option being a file in the folder."""
    (here / "package").write_bytes(package)
    options = {"key": "platform.pem"} | named
    words = [word for name, file in options.items() for word in (f"--{name}", str(here / file))]
    return CliRunner().invoke(main, ["verify", str(here / "package"), *words, "--json"])


async def test_an_opened_package_is_verified(here: Path) -> None:
    done = verify(here, await written())
    assert (done.exit_code, json.loads(done.stdout)["mark"]) == (0, MARK)

    said = CliRunner().invoke(main, ["verify", str(here / "package"), "--key", str(here / "platform.pem")]).stdout
    assert "is genuine" in said
    assert "Patentti- ja rekisterihallitus (prh)" in said
    assert "Laki 1/2026, 1 §" in said


async def test_a_package_sealed_to_an_age_key_is_verified_by_its_holder_alone(here: Path) -> None:
    to = Recipient(name="Demo Authority", sealing="age", key=str(IDENTITY.to_public()))
    sealed = pyrage.encrypt(await written(contents(recipient=to)), [IDENTITY.to_public()])

    assert verify(here, sealed, identity="identity.txt").exit_code == 0
    assert "--identity" in verify(here, sealed).stderr
    other = pyrage.encrypt(b"", [pyrage.x25519.Identity.generate().to_public()])
    assert verify(here, other, identity="identity.txt").exit_code == 1
    assert verify(here, sealed, identity="key.pem").exit_code == 1


async def test_a_package_sealed_to_a_certificate_is_verified_by_its_holder_alone(here: Path) -> None:
    certificate = RecipientCertificate(HOLDER.pem)
    to = Recipient(name="Demo Authority", sealing="cms", key=certificate.fingerprint)
    sealer = CmsSealer(certificate)
    sealed = sealer.prefix + sealer.update(await written(contents(recipient=to))) + sealer.finalize()

    assert verify(here, sealed, identity="key.pem", certificate="certificate.pem").exit_code == 0
    assert "--certificate" in verify(here, sealed, identity="key.pem").stderr
    assert verify(here, sealed, identity="identity.txt", certificate="certificate.pem").exit_code == 1
    altered = bytearray(sealed)
    altered[len(sealed) // 2] ^= 1
    assert verify(here, bytes(altered), identity="key.pem", certificate="certificate.pem").exit_code == 1


async def test_a_package_is_opened_where_it_is_genuine_and_left_nowhere_where_it_is_not(here: Path) -> None:
    to = Recipient(name="Demo Authority", sealing="age", key=str(IDENTITY.to_public()))
    package = await written(contents(recipient=to))
    opened = here / "package.zip"

    for genuine in (package, package[:-1]):
        opened.unlink(missing_ok=True)
        sealed = pyrage.encrypt(genuine, [IDENTITY.to_public()])
        done = verify(here, sealed, identity="identity.txt", output="package.zip")
        assert (done.exit_code == 0) == opened.exists() == (genuine == package)
        assert not opened.with_name("package.zip.unproven").exists()
    verify(here, pyrage.encrypt(package, [IDENTITY.to_public()]), identity="identity.txt", output="package.zip")
    assert (opened.read_bytes(), opened.stat().st_mode & 0o777) == (package, 0o600)


async def test_what_is_no_genuine_package_proves_nothing(here: Path) -> None:
    package = await written()
    for forged in (package[:-1], package.replace(b"authority", b"authoritY", 1), b"PK\x03\x04", b"{}"):
        done = verify(here, forged)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "proves nothing" in done.stderr
    assert verify(here, package, key="certificate.pem").exit_code == 1
