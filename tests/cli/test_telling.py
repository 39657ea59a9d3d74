"""What was told is read and noted from a terminal, webhooks are registered there, and chats sent."""

from uuid import uuid4

from tenants.vocabulary import Role
from tests.builders import chat, talk
from tests.cli.conftest import Terminal
from tests.world import House, World
from vault.custody.database import tenant_scope
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic


async def test_a_message_is_listed_shown_and_noted(world: World, terminal: Terminal, house: House) -> None:
    dpo = await house.person(Role.DPO)
    assert (
        "Nothing was told." in (await terminal.run("disclose", "messages", "--topic", "duty.overdue", as_=dpo)).stdout
    )
    async with tenant_scope(house.tenant):
        told = await tell(
            house.tenant,
            Topic.DUTY_OVERDUE,
            uuid4(),
            audience=Audience.BOTH,
            now=world.now(),
            details={"stage": "overdue"},
        )
    listed = await terminal.run("disclose", "messages", "--new", as_=dpo)
    assert "duty.overdue" in listed.stdout
    assert "No mail server is configured" in listed.stderr
    shown = await terminal.run("disclose", "messages", str(told), as_=dpo)
    assert "stage overdue" in shown.stdout
    assert "email dpo: waiting" in shown.stdout
    noted = await terminal.json("disclose", "messages", str(told), "--noted", as_=dpo)
    assert noted["acknowledged_by"] == str(dpo.id)
    assert "noted" in (await terminal.run("disclose", "messages", str(told), as_=dpo)).stdout
    new = ("disclose", "messages", "--new", "--topic", "duty.overdue")
    assert (await terminal.json(*new, as_=dpo))["items"] == []
    assert "Name the message" in (await terminal.run("disclose", "messages", "--noted", as_=dpo, exit_code=2)).stderr


async def test_a_webhook_lives_from_a_terminal(terminal: Terminal, house: House) -> None:
    words, person = ("disclose", "webhook"), house.administrator
    made = await terminal.json(*words, "add", "https://hooks.example/a", "--topic", "duty.overdue", as_=person)
    webhook = made["webhook"]["id"]
    assert made["secret"].startswith("whsec_")
    assert "duty.overdue" in (await terminal.run(*words, "list", as_=person)).stdout
    assert (await terminal.json(*words, "secret", webhook, as_=person))["secret"] != made["secret"]
    tested = await terminal.json(*words, "test", webhook, as_=person)
    assert tested["message_id"] in (await terminal.run(*words, "show", webhook, as_=person)).stdout
    assert "is posted to" in (await terminal.run(*words, "enable", webhook, as_=person)).stdout
    await terminal.run(*words, "end", webhook, as_=person)
    assert "There is no webhook." in (await terminal.run(*words, "list", as_=person)).stdout
    refused = await terminal.run(*words, "add", "http://hooks.example/a", as_=person, exit_code=1)
    assert "https" in refused.stderr


async def test_a_chat_is_sent_where_the_notice_and_a_mail_server_let_it(terminal: Terminal, house: House) -> None:
    machine = await house.lasting(await house.member(Role.INGEST), "ingest", "send_transcript")
    recording = str(await house.recording(talk("Hei", "Hei"), **chat()))
    words = ("disclose", "send-chat", recording)
    refused = await terminal.run(
        *words, "--chosen-by", "customer", "--address", "-", typed="a@b.example\n", as_=machine, exit_code=1
    )
    assert "policy refuses" in refused.stderr
    assert "Nobody chose to have it." in (await terminal.run(*words, as_=house.administrator)).stdout
