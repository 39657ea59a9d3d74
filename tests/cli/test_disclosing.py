"""A disclosure from terminals of different persons: asked for, shown, narrowed, approved, taken back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.disclosure.asking import NUMBER, Desk, desk
from tests.world import World

WHY = ("--reason", "As the law says.")


@pytest.fixture(scope="module")
async def ours(world: World) -> Desk:
    return await desk(world)


async def asked(terminal: Terminal, ours: Desk, *more: str, kind: str = "authority") -> Any:
    """An authority's request, as the supervisor types it."""
    organisation = str(await ours.organisation("authority", "demo-act-1"))
    words = ("disclose", "request", kind, *WHY, "--organisation", organisation, "--legal-basis", "demo-act-1")
    return await terminal.json(*words, "--case", "2026/17", *more, as_=ours.supervisor)


async def test_one_asks_two_approve_and_each_sees_what_it_would_give(terminal: Terminal, ours: Desk) -> None:
    recording = str(await ours.recording())
    request = await asked(terminal, ours, "--recording", recording)
    id = request["id"]
    shown = (await terminal.run("disclose", "show", id, as_=ours.dpo)).stdout
    assert "gives 1 recordings (1 call)" in shown
    assert recording in shown
    narrowed = await terminal.json(
        "disclose", "item", id, recording, "--excerpt", "0-0.5", "--no-contact", as_=ours.dpo
    )
    assert narrowed["scope"]["items"][0]["limits"] == {"content": True, "contact_fields": [], "excerpts": [[0, 500]]}
    refused = await terminal.run("disclose", "approve", id, *WHY, as_=ours.dpo, typed="n\n", exit_code=1)
    assert "only 0-0.5 s" in refused.stderr
    await terminal.run("disclose", "approve", id, *WHY, as_=ours.dpo, typed="y\n")
    approved = await terminal.json("disclose", "approve", id, *WHY, "--yes", as_=ours.administrator)
    assert approved["state"] == "approved"
    listed = (await terminal.run("disclose", "list", "--state", "approved", as_=ours.dpo)).stdout
    assert id in listed
    revoked = (await terminal.run("disclose", "revoke", id, *WHY, as_=ours.dpo)).stdout
    assert "revoked-by-decision" in revoked


async def test_a_number_is_typed_and_stands_in_no_command(terminal: Terminal, ours: Desk) -> None:
    await ours.recording()
    organisation = str(await ours.organisation("authority", "demo-act-1"))
    words = ("disclose", "request", "authority", *WHY, "--organisation", organisation, "--legal-basis", "demo-act-1")
    more = ("--case", "2026/17", "--number", "-", "--json")
    said = await terminal.run(*words, *more, as_=ours.supervisor, typed=f"{NUMBER}\n")
    assert '"recordings": ' in said.stdout


async def test_a_package_is_fetched_so_often_or_without_a_limit(terminal: Terminal, ours: Desk) -> None:
    recording = str(await ours.recording())
    for said, fetches in ((("--fetches", "unlimited"), None), (("--fetches", "3"), 3), ((), 1)):
        request = await asked(terminal, ours, "--recording", recording, *said)
        assert request["terms"]["fetches"] == fetches
    words = ("disclose", "request", "authority", *WHY, "--fetches", "often")
    assert "unlimited" in (await terminal.run(*words, as_=ours.supervisor, exit_code=2)).stderr


async def test_what_a_data_subject_is_given_is_asked_for_with_their_request(terminal: Terminal, ours: Desk) -> None:
    recording, handler = str(await ours.recording()), await ours.handler()
    words = ("disclose", "request", "subject_access", *WHY, "--recording", recording)
    await terminal.run(*words, as_=handler, exit_code=2)
    assert "vault disclose subject" in (await terminal.run("disclose", "request", "--help")).stdout
    request = (await ours.identified(UUID(recording))).rpartition("/")[2]
    given = await terminal.json("disclose", "subject", "disclose", request, "--fetches", "unlimited", as_=handler)
    assert (await ours.see(given["id"]))["terms"]["fetches"] is None


async def test_a_refusal_names_its_clause_and_a_request_is_given_up(terminal: Terminal, ours: Desk) -> None:
    recording = str(await ours.recording())
    first, second = [await asked(terminal, ours, "--recording", recording) for _ in range(2)]
    words = ("disclose", "refuse", first["id"], *WHY, "--clause", "disclosure")
    assert "refused by" in (await terminal.run(*words, as_=ours.dpo)).stdout
    assert "(disclosure)" in (await terminal.run("disclose", "show", first["id"], as_=ours.supervisor)).stdout
    withdrawn = await terminal.json("disclose", "withdraw", second["id"], as_=ours.supervisor)
    assert withdrawn["state"] == "withdrawn"
    wrong = await terminal.run("disclose", "item", first["id"], recording, "--excerpt", "x", as_=ours.dpo, exit_code=2)
    assert "12.5-60" in wrong.stderr
    later = ("disclose", "delegate", str(ours.dpo.id), "--until", "soon")
    assert "is not a moment" in (await terminal.run(*later, as_=ours.dpo, exit_code=2)).stderr


async def test_papers_and_stand_ins_have_their_verbs(terminal: Terminal, ours: Desk) -> None:
    request = await asked(terminal, ours, "--recording", str(await ours.recording()))
    order, back = terminal.home / "order.pdf", terminal.home / "back.pdf"
    order.write_bytes(b"%PDF-1.7 an order")
    papers = ("disclose", "papers")
    added = await terminal.json(*papers, "add", request["id"], str(order), "--as", "order", as_=ours.dpo)
    assert added["id"] in (await terminal.run(*papers, "list", request["id"], as_=ours.dpo)).stdout
    await terminal.run(*papers, "read", request["id"], added["id"], "-o", str(back), as_=ours.administrator)
    assert back.read_bytes() == order.read_bytes()
    second = await ours.house.member(Role.SUPERVISOR)
    until = (ours.house.world.now() + timedelta(days=7)).isoformat()
    made = await terminal.json("disclose", "delegate", str(second.id), "--until", until, as_=ours.dpo)
    assert made["id"] in (await terminal.run("disclose", "delegations", as_=ours.dpo)).stdout
    ended = await terminal.run("disclose", "delegations", "--end", made["id"], as_=ours.dpo)
    assert "ended" in ended.stdout
