"""A letter reaches a real mail server whole, and what became of it is known or said to be unknown."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.telling.mailing import PASSWORD, Postbox, authenticator, certificate, mail_server
from vault.emailing import ADDRESS, Letter, NotTaken, Unknown, hand_over
from vault.mail_settings import MailServer, Security, read_mail_server
from vault.settings import SettingInvalid, Settings

LETTER = Letter(
    id=UUID(int=7),
    to="somebody@customer.example",
    subject="Päätös odottaa",
    text="Hyvää päivää.\n.\n..två prickar\n" + "pitkä rivi " * 200,
    language="fi",
    at=datetime(2026, 11, 22, 8, tzinfo=UTC),
)


async def test_a_letter_arrives_word_for_word_whatever_its_lines_begin_with() -> None:
    postbox = Postbox()
    async with mail_server(postbox) as server:
        await hand_over(server, LETTER)
    (arrived,) = postbox.letters
    assert arrived.get_content().splitlines() == LETTER.text.splitlines()
    assert (arrived["subject"], arrived["from"], arrived["to"]) == (LETTER.subject, "vault@firm.example", LETTER.to)
    assert arrived["message-id"] == f"<{LETTER.id}@firm.example>"
    assert arrived["auto-submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("answers", "slug", "lasting"),
    [
        ({"to_recipient": "550 nobody here"}, "smtp-550", True),
        ({"to_recipient": "450 come again"}, "smtp-450", False),
        ({"to_letter": "554 no"}, "smtp-554", True),
        ({"to_letter": "451 later"}, "smtp-451", False),
    ],
)
async def test_what_was_not_taken_says_why_and_whether_to_try_again(
    answers: dict[str, str], slug: str, lasting: bool
) -> None:
    async with mail_server(Postbox(**answers)) as server:  # type: ignore[arg-type] # words only
        with pytest.raises(NotTaken) as refused:
            await hand_over(server, LETTER)
    assert (refused.value.slug, refused.value.lasting) == (slug, lasting)
    assert LETTER.to not in str(refused.value)


async def test_where_the_connection_breaks_on_the_servers_word_nobody_knows() -> None:
    postbox = Postbox(breaks_off=True)
    async with mail_server(postbox) as server:
        with pytest.raises(Unknown):
            await hand_over(server, LETTER)
    assert len(postbox.letters) == 1


async def test_a_server_that_is_away_has_taken_nothing() -> None:
    async with mail_server(Postbox()) as server:
        pass
    with pytest.raises(NotTaken, match="unreachable"):
        await hand_over(server, LETTER)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_to_another_machine_only_tls_is_spoken(
    security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, context = certificate(tmp_path)
    postbox, tls = Postbox(), {"tls_context" if security is Security.STARTTLS else "ssl": context}
    async with mail_server(
        postbox, security=security, authenticator=authenticator, auth_require_tls=False, **tls
    ) as it:
        server = replace(it, user="vault", password=PASSWORD)
        with pytest.raises(NotTaken, match="tls"):
            await hand_over(server, LETTER)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with pytest.raises(NotTaken, match="login"):
            await hand_over(replace(server, password="another"), LETTER)
        await hand_over(server, LETTER)
    assert postbox.recipients == [LETTER.to]


async def test_a_server_without_starttls_is_given_nothing() -> None:
    postbox = Postbox()
    async with mail_server(postbox, security=Security.STARTTLS) as server:
        with pytest.raises(NotTaken, match="tls"):
            await hand_over(server, LETTER)
    assert not postbox.letters


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("smtp://relay.example", ("relay.example", 587, Security.STARTTLS, None, None)),
        ("smtp://vault:p%40ss@relay.example:2525", ("relay.example", 2525, Security.STARTTLS, "vault", "p@ss")),
        ("smtps://relay.example", ("relay.example", 465, Security.TLS, None, None)),
        ("smtp+plain://localhost", ("localhost", 25, Security.LOOPBACK, None, None)),
        ("smtp+plain://[::1]:2525", ("::1", 2525, Security.LOOPBACK, None, None)),
    ],
)
def test_a_line_says_who_takes_the_mail(line: str, meant: tuple[object, ...]) -> None:
    server = read_mail_server(line, sender="vault@firm.example")
    assert (server.host, server.port, server.security, server.user, server.password) == meant
    assert server.domain == "firm.example"
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("http://relay.example", "none of smtp"),
        ("smtp://relay.example:many", "none of smtp"),
        ("smtp://", "names no server"),
        ("smtp://relay.example/folder", "names no server"),
        ("smtp+plain://relay.example", "in clear"),
        ("smtp+plain://192.0.2.1", "in clear"),
    ],
)
def test_a_line_that_is_wrong_is_told_without_what_it_says(line: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_mail_server(line, sender="vault@firm.example")


@pytest.mark.parametrize(
    "sender", [None, "", "nobody", "A Name <vault@firm.example>", "a b@firm.example", "ä@firm.example"]
)
def test_mail_has_a_sender(sender: str | None) -> None:
    with pytest.raises(ValueError, match="VAULT_MAIL_FROM"):
        read_mail_server("smtp://relay.example", sender=sender)


def test_without_a_line_no_mail_is_sent_and_a_wrong_one_is_no_start(settings_without_mail: dict[str, str]) -> None:
    assert Settings.from_env(settings_without_mail).mail is None
    known = {"VAULT_SMTP_URL": "smtp://vault:secret@relay.example", "VAULT_MAIL_FROM": "vault@firm.example"}
    told = Settings.from_env(settings_without_mail | known)
    assert isinstance(told.mail, MailServer)
    assert "secret" not in repr(told)
    with pytest.raises(SettingInvalid, match="VAULT_SMTP_URL needs") as refused:
        Settings.from_env(settings_without_mail | {"VAULT_SMTP_URL": "smtp://vault:secret@relay.example"})
    assert "secret" not in str(refused.value)


@pytest.fixture
def settings_without_mail(tmp_path: Path) -> dict[str, str]:
    return {
        "VAULT_DATABASE_URL": "postgres://",
        "VAULT_BROKER_URL": "redis://",
        "VAULT_S3_ACCESS_KEY": "key",
        "VAULT_S3_SECRET_KEY": "secret",
        "VAULT_KEYRING_DIR": str(tmp_path),
        "VAULT_ROOT_KEY": f"file:{tmp_path / 'root.key'}",
    }


@pytest.mark.parametrize("address", ["a@b.example", "first.last+tag@sub.domain.example", "o'neill@x-y.example"])
def test_an_address_is_one(address: str) -> None:
    assert ADDRESS.fullmatch(address)


@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "a@@b.example", "a b@c.example", "a@b.example\r\nbcc: c@d.example", "<a@b.example>"]
)
def test_what_is_no_address_is_none(address: str) -> None:
    assert not ADDRESS.fullmatch(address)
