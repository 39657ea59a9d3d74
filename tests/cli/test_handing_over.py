"""A disclosure is handed over from terminals: recipient and key named, packed, fetched by who it is for, opened."""

from pathlib import Path

import pyrage
import pytest

from tests.cli.conftest import Terminal
from tests.disclosure.asking import Desk, desk
from tests.disclosure.handing import copy_for_subject
from tests.world import World


@pytest.fixture(scope="module")
async def at(world: World) -> Desk:
    return await desk(world)


async def test_a_package_is_handed_over_from_terminals(
    terminal: Terminal, world: World, at: Desk, tmp_path: Path
) -> None:
    hand = await copy_for_subject(at, await at.recording())
    words = ("--email", "subject@outside.example", "--name", "Demo Person")
    named = await terminal.json("disclose", "name", hand.id, *words, as_=at.dpo)
    subject = await world.sign_in(at.house.slug, "subject@outside.example", named["invitation"])
    secret = tmp_path / "key.txt"
    sealed = await terminal.run("disclose", "seal", hand.id, "--generate", str(secret), as_=at.dpo)
    assert "hand it over" in sealed.stdout
    assert secret.read_text() not in sealed.stdout
    assert secret.stat().st_mode & 0o777 == 0o600
    listed = await terminal.run("disclose", "recipients", hand.id, as_=at.administrator)
    assert "Demo Person" in listed.stdout
    await at.approve(hand.id)
    package = await hand.pack()
    shown = await terminal.run("disclose", "package", hand.id, as_=at.dpo)
    assert package["sha256"] in shown.stdout
    fetched = await terminal.json("disclose", "fetch", hand.id, str(tmp_path), as_=subject)
    sealed_file = (tmp_path / package["filename"]).read_bytes()
    assert fetched["file"] == str(tmp_path / package["filename"])
    assert pyrage.decrypt(sealed_file, [pyrage.x25519.Identity.from_str(secret.read_text().strip())])
    await hand.received()
    again = await terminal.run("disclose", "fetch", hand.id, str(tmp_path), as_=subject)
    assert "as it was made" in again.stdout, "what is here already was asked for once more"


async def test_a_download_that_broke_off_is_resumed(terminal: Terminal, world: World, at: Desk, tmp_path: Path) -> None:
    hand = await copy_for_subject(at, await at.recording())
    subject = await hand.person("another@outside.example")
    await hand.seal()
    await at.approve(hand.id)
    package = await hand.pack()
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    begin = await hand.content(subject, fetch, range="bytes=0-4999")
    (tmp_path / package["filename"]).write_bytes(begin.content)
    await terminal.run("disclose", "fetch", hand.id, str(tmp_path), as_=subject)
    assert hand.opened((tmp_path / package["filename"]).read_bytes())
    assert (await hand.received())["fetches"][0]["sent"] == package["size"]


async def test_who_was_named_late_is_confirmed_or_taken_off(terminal: Terminal, at: Desk) -> None:
    hand = await copy_for_subject(at, await at.recording())
    await at.approve(hand.id)
    late = str((await hand.person("late@outside.example")).id)
    await terminal.run("disclose", "confirm-recipient", hand.id, late, as_=at.dpo, exit_code=1)
    confirmed = await terminal.json("disclose", "confirm-recipient", hand.id, late, as_=at.administrator)
    assert confirmed["recipients"][0]["may_receive"]
    await terminal.run("disclose", "remove-recipient", hand.id, late, as_=at.dpo)
    listed = await terminal.run("disclose", "recipients", hand.id, as_=at.dpo)
    assert "Nobody is named yet." in listed.stdout
