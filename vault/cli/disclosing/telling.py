"""What was told: messages, the webhooks they go to, and a chat sent to whoever took part in it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.output import emit, emit_table, moment, with_json
from vault.client.http import Client, segment
from vault.telling.topics import Topic

NO_MAIL = "No mail server is configured: nobody is told by e-mail."


@click.command(short_help="List what one was told: what waits, what is late, what went wrong.")
@click.argument("message", required=False)
@click.option("--new", is_flag=True, help="Only what nobody has taken note of.")
@click.option("--topic", help="Only this, such as disclosure.undecided.")
@click.option("--noted", is_flag=True, help="Take note of MESSAGE.")
@with_json
def messages(message: str | None, new: bool, topic: str | None, noted: bool) -> None:
    """List what the controller's people were told, newest first; or show one MESSAGE, and how it went out."""
    if noted and message is None:
        raise click.UsageError("Name the message that is taken note of.")
    with session.connect() as client:
        if message is not None:
            path = f"/v1/messages/{segment(message)}"
            found = client.post(f"{path}/acknowledge", {}) if noted else client.get(path)
            emit(found, *_sentences(found))
            return
        page = client.get("/v1/messages", topic=topic, unacknowledged=new, limit=200)
    columns = ("id", "told", "topic", "of", "noted")
    rows = [
        (one["id"], moment(one["told_at"]), one["topic"], one["object_id"], moment(one["acknowledged_at"]))
        for one in page["items"]
    ]
    emit_table(page, columns, rows, empty="Nothing was told.")
    if page["email"] == "not_configured":
        click.echo(NO_MAIL, err=True)


@click.group(short_help="Where messages are posted to: https, signed by Standard Webhooks.")
def webhook() -> None:
    """Have messages posted to an address of one's own."""


@webhook.command("add", short_help="Register an address.")
@click.argument("url")
@click.option(
    "--topic",
    "topics",
    multiple=True,
    type=click.Choice([str(topic) for topic in Topic]),
    help="Only this topic; may be repeated.",
)
@with_json
def add_webhook(url: str, topics: tuple[str, ...]) -> None:
    """Register an https URL; its secret is shown once."""
    with session.connect() as client:
        made = client.post("/v1/webhooks", {"url": url, "topics": list(topics)})
    emit(made, f"Registered as {made['webhook']['id']}. Its secret, which is not shown again:", made["secret"])


@webhook.command("list", short_help="List the controller's webhooks.")
@with_json
def list_webhooks() -> None:
    """List the controller's webhooks."""
    with session.connect() as client:
        found = client.get("/v1/webhooks")
    rows = [(one["id"], one["url"], ", ".join(one["topics"]) or "everything", _state(one)) for one in found]
    emit_table(found, ("id", "url", "topics", "state"), rows, empty="There is no webhook.")


@webhook.command("show", short_help="Show what was posted to a webhook last.")
@click.argument("id")
@with_json
def show_webhook(id: str) -> None:
    """Show what was posted to a webhook last, and how it answered."""
    with session.connect() as client:
        found = client.get(f"/v1/webhooks/{segment(id)}")
    columns = ("id", "state", "outcome", "tries", "tried", "next")
    rows = [
        (
            one["message_id"],
            one["state"],
            one["outcome"],
            one["attempts"],
            moment(one["tried_at"]),
            moment(one["next_at"]),
        )
        for one in found["deliveries"]
    ]
    emit_table(found, columns, rows, empty="Nothing was posted to it.")


@webhook.command("secret", short_help="Give a webhook another secret.")
@click.argument("id")
@with_json
def renew_secret(id: str) -> None:
    """Give a webhook another secret, shown once; for a day the one before signs too."""
    with session.connect() as client:
        renewed = client.post(f"/v1/webhooks/{segment(id)}/secret", {})
    emit(renewed, "Its new secret, which is not shown again; the one before signs too for a day:", renewed["secret"])


@webhook.command("enable", short_help="Post again to a webhook that was given up.")
@click.argument("id")
@with_json
def enable_webhook(id: str) -> None:
    """Post again to a webhook that was given up; what was told meanwhile is not posted."""
    with session.connect() as client:
        found = client.post(f"/v1/webhooks/{segment(id)}/enabling", {})
    emit(found, f"{id} is posted to.")


@webhook.command("test", short_help="Post a test to a webhook.")
@click.argument("id")
@with_json
def test_webhook(id: str) -> None:
    """Post a test message, once; `vault disclose webhook show` tells what came of it."""
    with session.connect() as client:
        tested = client.post(f"/v1/webhooks/{segment(id)}/test", {})
    emit(tested, f"{tested['message_id']} is posted.")


@webhook.command("end", short_help="Post nothing to a webhook any more.")
@click.argument("id")
@with_json
def end_webhook(id: str) -> None:
    """Post nothing to a webhook any more."""
    with session.connect() as client:
        client.delete(f"/v1/webhooks/{segment(id)}")
    emit({"id": id}, f"{id} is ended.")


@click.command("send-chat", short_help="Send a chat to the e-mail of whoever chose so, or see what became of it.")
@click.argument("recording")
@click.option("--chosen-by", type=click.Choice(["customer", "agent"]), help="Who chose so at the chat's end.")
@click.option("--address", help="The customer's own address; - asks for it. An agent's is known.")
@with_json
def send_chat(recording: str, chosen_by: str | None, address: str | None) -> None:
    """Send the chat RECORDING once to whoever chose so; without --chosen-by, say what became of it."""
    path = f"/v1/recordings/{segment(recording)}/transcript-email"
    with session.connect() as client:
        found = client.get(path) if chosen_by is None else [_sent(client, path, chosen_by, address)]
    columns = ("id", "chosen by", "state", "outcome", "asked", "ended")
    rows = [
        (
            one["disclosure_id"],
            one["chosen_by"],
            one["state"],
            one["outcome"],
            moment(one["asked_at"]),
            moment(one["ended_at"]),
        )
        for one in found
    ]
    emit_table(found, columns, rows, empty="Nobody chose to have it.")


def _sent(client: Client, path: str, chosen_by: str, address: str | None) -> Any:
    # An address in the command would stand in the shell's history.
    said = click.prompt("Address", err=True) if address == "-" else address
    return client.post(path, {"chosen_by": chosen_by} | ({} if said is None else {"address": said}))


def _state(webhook: Mapping[str, Any]) -> str:
    return f"given up: {webhook['disabled_for']}" if webhook["disabled_at"] else "posted to"


def _sentences(message: Mapping[str, Any]) -> list[str]:
    about = ", ".join(f"{name} {value}" for name, value in message["details"].items())
    lines = [f"{moment(message['told_at'])}  {message['topic']}  {message['object_id'] or ''}  {about}".rstrip()]
    for sent in message["deliveries"]:
        where = sent["mailbox"] or sent["webhook_id"] or sent["member_id"]
        outcome = f" ({sent['outcome']})" if sent["outcome"] else ""
        lines.append(f"  {sent['channel']} {where}: {sent['state']}{outcome}")
    if message["acknowledged_at"]:
        lines.append(f"  noted {moment(message['acknowledged_at'])} by {message['acknowledged_by']}")
    return lines


COMMANDS: MappingProxyType[str, click.Command] = MappingProxyType(
    {"messages": messages, "webhook": webhook, "send-chat": send_chat}
)
