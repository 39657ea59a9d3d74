"""A token that is bound to a client certificate: with TLS that ends at the vault, and with TLS that ends before it."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serving import Served, serve
from tests.world import As, House, World
from vault.api.serving import Tls
from vault.web_settings import WebSettings

HEADER = "x-ssl-client-s-dn"
BOUND_TO = "CN=pbx-1,O=Demo Oy"
BALANCED = WebSettings(limits={}, trusted_proxies=(ip_network("127.0.0.0/8"),), certificate_header=HEADER)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, directory: Path, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = _builder(subject, subject, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        authority = cls(directory, key, made.sign(key, hashes.SHA256()))
        (directory / f"{name}.pem").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        return authority

    def issue(self, name: str, subject: x509.Name) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 of this subject; its file and its key's."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        made = _builder(subject, self.certificate.subject, key).add_extension(named, critical=False)
        certificate, secret = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        certificate.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        secret.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        return certificate, secret


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )


def _subject(common_name: str) -> x509.Name:
    names = ((NameOID.ORGANIZATION_NAME, "Demo Oy"), (NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names])


@pytest.fixture(scope="module")
def serving(world: World) -> Served:
    return partial(serve, world)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def bound(house: House) -> As:
    """The ingesting machine, with a token that is bound to its certificate."""
    machine = await house.machine()
    body = {"scopes": ["ingest", "read_policy"], "certificate_subject": BOUND_TO}
    issued = await house.administrator.post(f"/v1/members/{machine.id}/tokens", json=body)
    return As(house.world.client, machine.id, issued.json()["token"])


def said(person: As, subject: str | None = None) -> dict[str, str]:
    return {"authorization": f"Bearer {person.token}"} | ({HEADER: subject} if subject is not None else {})


async def test_over_tls_a_bound_token_is_good_with_its_certificate_alone(
    serving: Served, bound: As, house: House, tmp_path: Path
) -> None:
    ours, another = Authority.made(tmp_path, "ours"), Authority.made(tmp_path, "another")
    certificate, key = ours.issue("server", _subject("vault"))
    right, wrong = ours.issue("right", _subject("pbx-1")), ours.issue("wrong", _subject("pbx-2"))
    forged = another.issue("forged", _subject("pbx-1"))
    tls = Tls(certificate=certificate, key=key, client_ca=tmp_path / "ours.pem")
    async with serving(WebSettings(limits={}), tls=tls, verify=_trusting(tmp_path)) as anonymous:
        url = str(anonymous.base_url)
        assert (await anonymous.get("/v1/me", headers=said(bound))).status_code == 401
        assert (await anonymous.get("/v1/me", headers=said(house.administrator))).status_code == 200
        # Nobody can say in a header what TLS did not see.
        assert (await anonymous.get("/v1/me", headers=said(bound, BOUND_TO))).status_code == 401
        for held, status in ((right, 200), (wrong, 401)):
            async with httpx.AsyncClient(base_url=url, verify=_trusting(tmp_path, held), timeout=30) as client:
                assert (await client.get("/v1/me", headers=said(bound))).status_code == status
        async with httpx.AsyncClient(base_url=url, verify=_trusting(tmp_path, forged), timeout=30) as client:
            with pytest.raises(httpx.TransportError):
                await client.get("/v1/me", headers=said(bound))


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        (BOUND_TO, 200),
        ("CN=pbx-1,O=Demo\\ Oy", 200),
        ("CN=pbx-2,O=Demo Oy", 401),
        ("O=Demo Oy,CN=pbx-1", 401),
        ("", 401),
        (None, 401),
        ("nonsense", 400),
    ],
)
async def test_a_trusted_balancer_says_whose_certificate_came(
    serving: Served, bound: As, subject: str | None, status: int
) -> None:
    async with serving(BALANCED) as client:
        assert (await client.get("/v1/me", headers=said(bound, subject))).status_code == status


async def test_nobody_else_says_whose_certificate_came(serving: Served, bound: As) -> None:
    elsewhere = WebSettings(limits={}, trusted_proxies=(ip_network("192.0.2.0/24"),), certificate_header=HEADER)
    for web in (elsewhere, WebSettings(limits={}, certificate_header=HEADER), WebSettings(limits={})):
        async with serving(web) as client:
            assert (await client.get("/v1/me", headers=said(bound, BOUND_TO))).status_code == 401


async def test_a_subject_that_is_said_twice_is_nobodys(serving: Served, bound: As) -> None:
    headers = [*said(bound, BOUND_TO).items(), (HEADER, BOUND_TO)]
    async with serving(BALANCED) as client:
        assert (await client.get("/v1/me", headers=headers)).status_code == 401


def _trusting(directory: Path, held: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(directory / "ours.pem"))
    if held is not None:
        context.load_cert_chain(*held)
    return context
