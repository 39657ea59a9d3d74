"""A letter is handed over to the mail server or it is not; where the connection broke on its word, nobody knows.

What is sent once asks for that: `NotTaken` may be tried again, `Unknown` may not.
"""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from vault.mail_settings import MailServer, Security

TIMEOUT: Final = 30.0
"""Seconds that a server has for each answer."""

ADDRESS: Final = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,63}"
)
"""An address as HTML's input takes it, with a domain of the public kind."""

_DOT: Final = re.compile(rb"(?m)^\.")


class NotTaken(Exception):
    """The server has not taken the letter; `slug` says why, `lasting` whether trying again is of no use."""

    def __init__(self, slug: str, *, lasting: bool = False) -> None:
        super().__init__(f"The mail server has not taken the letter: {slug}.")
        self.slug, self.lasting = slug, lasting


class Unknown(Exception):
    """The letter was given, and no answer came: it may have been taken."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One e-mail to one address. `id` stands in its Message-ID, by which a copy that came twice is recognised."""

    id: UUID
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str
    at: datetime


async def hand_over(server: MailServer, letter: Letter) -> None:
    """Hand a letter over to the mail server; when this returns, the server has answered for it.

    Raises:
        NotTaken: it has not, for certain.
        Unknown: nobody can tell.
    """
    await asyncio.to_thread(_hand_over, server, letter)


def _hand_over(server: MailServer, letter: Letter) -> None:
    content = _DOT.sub(b"..", _written(server, letter)) + b".\r\n"
    with _connected(server) as smtp:
        with _certain():
            _expect(smtp.mail(server.sender), 250)
            _expect(smtp.rcpt(letter.to), 250, 251)
            _expect(smtp.docmd("DATA"), 354)
        try:
            smtp.send(content)
            answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Unknown from error
        _expect(answer, 250)
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    with _certain():
        context, name = ssl.create_default_context(), server.domain
        if server.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=name, timeout=TIMEOUT, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=TIMEOUT)
    try:
        with _certain():
            if server.security is Security.STARTTLS:
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password or "")
        yield smtp
    finally:
        smtp.close()


@contextmanager
def _certain() -> Iterator[None]:
    """What fails inside was before the letter was given."""
    try:
        yield
    except ssl.SSLError as error:
        raise NotTaken("tls") from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotTaken("login") from error
    except smtplib.SMTPNotSupportedError as error:
        raise NotTaken("tls") from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken("unreachable") from error


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    """Of what a server says only the number is kept: its words may quote the address."""
    code = answer[0]
    if code not in codes:
        raise NotTaken(f"smtp-{code}", lasting=500 <= code < 600)


def _written(server: MailServer, letter: Letter) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = server.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{server.domain}>"
    message["Content-Language"] = letter.language
    # RFC 3834: nobody's absence answers it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    written = message.as_bytes()
    return written if written.endswith(b"\r\n") else written + b"\r\n"
