"""A mail server as tests need one: a real one on this machine, which takes letters, refuses them or breaks off."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.world import World
from vault.mail_settings import MailServer, Security

TAKEN = "250 OK"
PASSWORD = "a password of a relay"


@dataclass
class Postbox:
    """What arrived, and what the server answers to the next letters: to the recipient, and to the letter itself."""

    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    to_recipient: str = TAKEN
    to_letter: str = TAKEN
    breaks_off: bool = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient == TAKEN:
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_letter == TAKEN:
            content = envelope.original_content or b""
            self.letters.append(message_from_bytes(content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        if self.breaks_off:
            assert server.transport is not None
            server.transport.close()
        return self.to_letter


@asynccontextmanager
async def mail_server(
    postbox: Postbox, *, security: Security = Security.LOOPBACK, **asks: Any
) -> AsyncIterator[MailServer]:
    """A server for this postbox, on a free port, and how the vault reaches it; `asks` are aiosmtpd's own."""
    loop = asyncio.get_running_loop()
    serving = await loop.create_server(
        lambda: SMTP(postbox, loop=loop, **asks), "127.0.0.1", 0, ssl=asks.pop("ssl", None)
    )
    port = serving.sockets[0].getsockname()[1]
    try:
        yield MailServer(host="127.0.0.1", port=port, security=security, sender="vault@firm.example")
    finally:
        serving.close()
        await serving.wait_closed()


@contextmanager
def configured(world: World, server: MailServer | None) -> Iterator[None]:
    """The parts of this vault, which are not to be changed, with another mail server while a test lasts."""
    before = world.custody.mail
    object.__setattr__(world.custody, "mail", server)
    try:
        yield
    finally:
        object.__setattr__(world.custody, "mail", before)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine, as a file to trust, and what a server shows it with."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    trusted, secret = folder / "trusted.pem", folder / "secret.pem"
    trusted.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted, secret)
    return trusted, context


def authenticator(*_: Any) -> Any:
    """Lets in whoever knows the password."""
    given = _[-1]
    return AuthResult(success=given.password.decode() == PASSWORD, handled=False)
