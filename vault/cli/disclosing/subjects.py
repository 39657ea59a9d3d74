"""Requests of data subjects from a terminal: `vault disclose subject VERB`."""

from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from tenants.subject_rules import Asker, Channel, IdentityMeans, RefusalGround, RequestState
from tenants.vocabulary import RestrictionGround, Right
from vault.cli import session
from vault.cli.disclosing.said import said_of, typed, with_said
from vault.cli.disclosing.words import TIMES, often
from vault.cli.options import DAY, MOMENT
from vault.cli.output import emit, emit_table, moment, wants_json, with_json
from vault.cli.proposals import sentences
from vault.client.http import quotation, segment

RIGHT = click.Choice([right.value for right in Right])
ONLY = click.option(
    "--recording", "recordings", multiple=True, help="Only this one of what was found; may be repeated."
)


@click.group("subject", short_help="What data subjects ask for: record, find, meet, answer or refuse.")
def subject() -> None:
    """Handle a request of a data subject, from its receipt to the letter that answers it."""


@subject.command("receive", short_help="Record a request as it came in.")
@click.argument("right", type=RIGHT)
@click.option("--for", "asker", default="data_subject", show_default=True, type=click.Choice([a.value for a in Asker]))
@click.option("--channel", required=True, type=click.Choice([channel.value for channel in Channel]))
@click.option("--received-on", type=DAY, help="The day of its receipt; today, unless said otherwise.")
@with_said
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), help="The language to answer in.")
@with_json
def receive(
    right: str,
    asker: str,
    channel: str,
    received_on: date | None,
    language: str | None,
    **said: Any,
) -> None:
    """Record a request for a RIGHT. The clock runs from the day of receipt; no henkilötunnus is taken anywhere."""
    day = received_on or datetime.now().astimezone().date()
    body: dict[str, Any] = {"right": right, "for": asker, "channel": channel, "received_on": day.isoformat()}
    body["said"] = said_of(**said)
    with session.connect() as client:
        request = client.post("/v1/subject-requests", body | ({"language": language} if language else {}))
    emit(
        request,
        *_sentences(request),
        f"Next: vault disclose subject identify {request['id']} --by MEANS",
    )


@subject.command("say", short_help="Complete what they say.")
@click.argument("request")
@with_said
@with_json
def say(request: str, **said: Any) -> None:
    """Put all that they say by now in the place of what was known before, until something is done for it."""
    with session.connect() as client:
        found = client.request("PUT", f"{_path(request)}/said", json=said_of(**said)).json()
    emit(found, *_sentences(found))


@subject.command("list", short_help="List requests.")
@click.option("--state", type=click.Choice([state.value for state in RequestState]))
@click.option("--right", type=RIGHT)
@click.option("--open", "only_open", is_flag=True, help="Only those to which an answer is owed.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@click.option("--cursor", help="Where the page before ended.")
@with_json
def list_requests(state: str | None, right: str | None, only_open: bool, limit: int, cursor: str | None) -> None:
    """List the controller's requests, the newest first."""
    with session.connect() as client:
        page = client.get(
            "/v1/subject-requests", state=state, right=right, open=only_open or None, limit=limit, cursor=cursor
        )
    rows = [
        (one["id"], one["right"], one["for"], one["state"], one["received_on"], one["due_on"]) for one in page["items"]
    ]
    emit_table(page, ("id", "right", "for", "state", "received", "due"), rows, empty="There is no request.")
    if page["next"] and not wants_json():
        click.echo(f"There is more: --cursor {page['next']}")


@subject.command("show", short_help="Show a request and where it stands.")
@click.argument("request")
@with_json
def show(request: str) -> None:
    """Show a request: what was said, what was done, by when an answer is owed, and what the notice says of it."""
    with session.connect() as client:
        found = client.get(_path(request))
        weighed = client.get(f"{_path(request)}/weighing")
    lines = [*_sentences(found), f"  {weighed['reason']}"]
    if weighed["clause"]:
        lines.append(f"  {quotation(weighed['clause'])}")
    emit(found | {"weighing": weighed}, *lines)


@subject.command("identify", short_help="Record by what means it was made sure who asks.")
@click.argument("request")
@click.option("--by", "means", required=True, type=click.Choice([means.value for means in IdentityMeans]))
@with_json
def identify(request: str, means: str) -> None:
    """Record that it was made sure who asks. What was shown for it is written down nowhere."""
    with session.connect() as client:
        found = client.post(f"{_path(request)}/identification", {"means": means})
    emit(found, *_sentences(found))


@subject.command("find", short_help="Find what may be theirs.")
@click.argument("request")
@with_json
def find(request: str) -> None:
    """List what is found by what the data subject said; a number may be shared, so look at each."""
    with session.connect() as client:
        found = client.get(f"{_path(request)}/candidates")
    rows = [
        (one["id"], one["kind"], moment(one["started_at"]), one["restricted"], " ".join(one["parts"]) or "destroyed")
        for one in found["items"]
    ]
    emit_table(found, ("id", "kind", "started", "restricted", "left"), rows, empty="Nothing is found.")


@subject.command("extend", short_help="Take two further months.")
@click.argument("request")
@click.option("--reason", required=True, help="Why, as the data subject is told.")
@with_json
def extend(request: str, reason: str) -> None:
    """Take two further months, once and within the first one; then send the letter (`letter --extension`)."""
    with session.connect() as client:
        found = client.post(f"{_path(request)}/extension", {"reason": reason})
    emit(found, *_sentences(found), f"Tell them: vault disclose subject letter {request} --extension -o FILE")


@subject.command("disclose", short_help="Ask for the copy that meets a request for access.")
@click.argument("request")
@ONLY
@click.option("--place", help="Where it is listened to on site, beside the copy.")
@click.option("--from", "valid_from", type=MOMENT, help="From when the session on site is.")
@click.option("--to", "valid_until", type=MOMENT, help="Until when it is.")
@click.option("--fetches", type=TIMES, help="How often the copy may be fetched, or unlimited.  [default: 1]")
@with_json
def disclose(
    request: str,
    recordings: tuple[str, ...],
    place: str | None,
    fetches: int | str | None,
    **window: datetime | None,
) -> None:
    """Ask for the disclosure that meets a request for access; it is reviewed, decided by two, then packaged."""
    times = {name: at.isoformat() if at else None for name, at in window.items()}
    body = _chosen(recordings) | _given(place=place, **times) | often(fetches)
    with session.connect() as client:
        made = client.post(f"{_path(request)}/disclosures", body)
    emit(made, f"Disclosure {made['id']} ({made['kind']}) of {made['recordings']} recordings is {made['state']}.")


@subject.command("state", short_help="Add their statement to recordings.")
@click.argument("request")
@click.option("--text", required=True, help="The statement; `-` reads it from standard input.")
@ONLY
@with_json
def state(request: str, text: str, recordings: tuple[str, ...]) -> None:
    """Add the data subject's statement to recordings (Art. 16); what was recorded stays as it was."""
    _act(request, "statements", _chosen(recordings) | {"text": typed(text)})


@subject.command("restrict", short_help="Restrict what is theirs.")
@click.argument("request")
@click.option("--ground", required=True, type=click.Choice([ground.value for ground in RestrictionGround]))
@click.option("--note", help="What it is about; sealed, and gone with the restriction.")
@ONLY
@with_json
def restrict(request: str, ground: str, note: str | None, recordings: tuple[str, ...]) -> None:
    """Store what is theirs and keep it from use (Art. 18); `vault lift` ends each, after they were told."""
    _act(request, "restrictions", _chosen(recordings) | _given(ground=ground, note=note))


@subject.command("erase", short_help="Propose to destroy what is theirs.")
@click.argument("request")
@click.option("--reason", required=True, help="Why it is owed; kept sealed with the proposal.")
@ONLY
@with_json
def erase(request: str, reason: str, recordings: tuple[str, ...]) -> None:
    """Propose to destroy what is theirs, where the notice grants that; a second person approves it."""
    with session.connect() as client:
        proposal = client.post(f"{_path(request)}/destruction", _chosen(recordings) | {"reason": reason})
    emit(
        proposal,
        *sentences(proposal),
        f"Somebody else approves it: vault approve {proposal['id']} --reason …",
    )


@subject.command("answer", short_help="Answer a request once it is met.")
@click.argument("request")
@click.option("--words", help="What the letter says besides what it always says.")
@with_json
def answer(request: str, words: str | None) -> None:
    """Answer a request: what was asked for is done, or nothing is kept of the person."""
    _act(request, "answer", _given(words=words))


@subject.command("refuse", short_help="Refuse a request with its ground and reason.")
@click.argument("request")
@click.option("--ground", required=True, type=click.Choice([ground.value for ground in RefusalGround]))
@click.option("--reason", required=True, help="Why, as the data subject is told.")
@with_json
def refuse(request: str, ground: str, reason: str) -> None:
    """Refuse a request; `show` says which grounds there are. The letter tells of complaint and remedy (Art. 12(4))."""
    _act(request, "refusal", {"ground": ground, "reason": reason})


@subject.command("withdraw", short_help="Record that they no longer ask.")
@click.argument("request")
@with_json
def withdraw(request: str) -> None:
    """Record that the data subject no longer asks for it."""
    _act(request, "withdrawal", {})


@subject.command("letter", short_help="Save the letter to the data subject.")
@click.argument("request")
@click.option("--extension", is_flag=True, help="The one that says that it takes longer.")
@click.option(
    "-o", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to save the PDF."
)
@with_json
def letter(request: str, extension: bool, file: Path) -> None:
    """Save the letter to the data subject: the answer or the refusal, in the language of the request."""
    with session.connect() as client:
        parameters = {"extension": "true"} if extension else {}
        content = client.request("GET", f"{_path(request)}/letter.pdf", params=parameters).content
    file.write_bytes(content)
    emit({"file": str(file), "bytes": len(content)}, f"{file}: {len(content)} bytes.")


@subject.command("statements", short_help="Show what data subjects state about a recording.")
@click.argument("recording")
@with_json
def statements(recording: str) -> None:
    """Show the statements that stand with a recording (Art. 16)."""
    with session.connect() as client:
        found = client.get(f"/v1/recordings/{segment(recording)}/statements")
    rows = [(moment(one["stated_at"]), one["text"]) for one in found["items"]]
    emit_table(found, ("stated", "statement"), rows, empty="Nothing is stated about it.")


def _act(request: str, step: str, body: dict[str, Any]) -> None:
    with session.connect() as client:
        found = client.post(f"{_path(request)}/{step}", body)
    lines = list(_sentences(found))
    if found["ended_at"] and found["state"] != RequestState.WITHDRAWN:
        lines.append(f"The letter: vault disclose subject letter {request} -o FILE")
    emit(found, *lines)


def _sentences(request: dict[str, Any]) -> list[str]:
    lines = [
        f"Request {request['id']} for {request['right']} ({request['for']}) is {request['state']}.",
        f"  received on {request['received_on']}, answered by {request['due_on']} at the latest",
    ]
    if request["means"]:
        lines.append(f"  identified by {request['means']}, {moment(request['identified_at'])}")
    lines += [f"  {act['act']}: recording {act['recording']}, {moment(act['done_at'])}" for act in request["acts"]]
    lines += [f"  disclosure {one['id']} ({one['kind']}): {one['state']}" for one in request["disclosures"]]
    lines += [f"  proposal {one['id']} to destroy: {one['state']}" for one in request["orders"]]
    if request["ground"]:
        clause = f", clause {request['clause']}" if request["clause"] else ""
        lines.append(f"  refused: {request['ground']}, {request['article']}{clause}")
    return lines


def _path(request: str) -> str:
    return f"/v1/subject-requests/{segment(request)}"


def _chosen(recordings: tuple[str, ...]) -> dict[str, Any]:
    return {"recordings": list(recordings)} if recordings else {}


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


COMMANDS = MappingProxyType({"subject": subject})
