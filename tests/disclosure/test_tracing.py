"""A file that turned up somewhere tells from which package it comes, and to whom that was given."""

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.disclosure.asking import desk
from tests.disclosure.handing import copy_for_subject
from tests.packages.samples import SIGNERS, collected, contents, members
from tests.world import As, House, World
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.disclosure import package_rows, tracing
from vault.disclosure.package_rows import Package
from vault.packages.marks import marks_in, new_mark
from vault.packages.opening import open_age
from vault.packages.sealing import Sealing
from vault.packages.verifying import verify
from vault.packages.writing import write


@dataclass
class Leak:
    """A package that was made for a person, with an original in it that bears no mark."""

    house: House
    id: UUID
    disclosure: UUID
    mark: str
    person: UUID
    original: bytes
    opened: bytes
    sealed: bytes

    @property
    def manifest(self) -> bytes:
        with zipfile.ZipFile(io.BytesIO(self.opened)) as archive:
            return archive.read("manifest.json")


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
def terminal(world: World, tmp_path: Path) -> Terminal:
    return Terminal(str(world.client.base_url).rstrip("/"), tmp_path)


async def leaked(house: House, original: bytes) -> Leak:
    """A package as it is written down once it is made."""
    mark, person = new_mark(), uuid4()

    async def files() -> Any:
        async for member in members({"cover.pdf": mark.encode()}):
            yield member
        async for member in members({"recordings/1/original.wav": original}):
            yield replace(member, marked=False)

    writing = write(contents(mark=mark, members=files()), SIGNERS)
    opened = await collected(writing)
    leak = Leak(house, uuid4(), uuid4(), mark, person, original, opened, sealed=mark[::-1].encode())
    async with tenant_scope(house.tenant):
        await _disclosed(leak)
        await package_rows.insert(_package(leak, writing.manifest))
        await tracing.write_down(house.tenant, leak.id, writing.members)
        await DB.fetch("UPDATE package SET removed_at = made_at WHERE id = $1", leak.id)
    return leak


async def asked(who: As, **question: str) -> list[dict[str, Any]]:
    answer = await who.post("/v1/packages/trace", json=question)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["packages"]
    return found


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_a_mark_tells_the_package_and_to_whom_it_was_given(house: House) -> None:
    leak = await leaked(house, b"sound")

    (found,) = await asked(house.administrator, mark=leak.mark)

    assert (found["package"], found["disclosure"]) == (str(leak.id), str(leak.disclosure))
    assert (found["by"], found["recipients"], found["fetched_by"]) == ("mark", [str(leak.person)], [])
    assert found == (await asked(await house.person(Role.DPO), mark=leak.mark))[0]


async def test_an_original_without_a_mark_is_traced_by_its_hash_to_every_package_that_it_was_in(house: House) -> None:
    original = uuid4().bytes
    leaks = [await leaked(house, original), await leaked(house, original)]

    found = await asked(house.administrator, sha256=sha256(original))

    assert {(one["package"], one["by"]) for one in found} == {(str(leak.id), "file") for leak in leaks}


async def test_a_package_still_sealed_and_its_manifest_are_traced_by_their_hashes(house: House) -> None:
    leak = await leaked(house, uuid4().bytes)
    for content, by in ((leak.sealed, "sealed_file"), (leak.manifest, "manifest")):
        assert [one["by"] for one in await asked(house.administrator, sha256=sha256(content))] == [by]


async def test_what_was_given_by_nobody_is_traced_to_nothing(house: House, world: World) -> None:
    leak = await leaked(house, uuid4().bytes)
    theirs = await world.house("prh")
    for question in ({"mark": leak.mark}, {"sha256": sha256(leak.original)}):
        assert await asked(theirs.administrator, **question) == []
    assert await asked(house.administrator, mark=new_mark()) == []


@pytest.mark.parametrize(
    "question",
    [{}, {"mark": "rvmark-1"}, {"sha256": "zz"}, {"sha256": "00"}, {"mark": "rvmark-" + "0" * 32, "sha256": "00" * 32}],
)
async def test_a_question_names_a_mark_or_a_hash(house: House, question: dict[str, str]) -> None:
    answer = await house.administrator.post("/v1/packages/trace", json=question)
    assert answer.status_code == 422, answer.text


async def test_only_who_reads_disclosures_traces(house: House) -> None:
    for role in (Role.SUPERVISOR, Role.AGENT, Role.RECIPIENT):
        answer = await (await house.person(role)).post("/v1/packages/trace", json={"mark": new_mark()})
        assert answer.status_code == 403, answer.text


async def test_that_it_was_asked_stands_in_the_log(house: House) -> None:
    leak = await leaked(house, uuid4().bytes)
    await asked(house.administrator, mark=leak.mark)
    async with tenant_scope(house.tenant):
        await audit.seal(house.tenant)
        rows = await DB.fetch(
            "SELECT body FROM audit_event WHERE tenant_id = $1 AND act = 'package.traced' ORDER BY seq DESC LIMIT 1",
            house.tenant,
        )
    assert str(leak.id) in rows[0]["body"]
    assert leak.mark not in rows[0]["body"]


async def test_a_file_is_traced_from_a_terminal_without_being_sent(terminal: Terminal, house: House) -> None:
    leak = await leaked(house, uuid4().bytes)
    for content, by in ((leak.opened, "mark"), (leak.original, "file"), (leak.sealed, "sealed_file")):
        file = _saved(terminal.home, content)
        (found,) = await terminal.json("disclose", "trace", str(file), as_=house.administrator)
        assert (found["package"], found["by"]) == (str(leak.id), by)
        assert str(leak.id) in (await terminal.run("disclose", "trace", str(file), as_=house.administrator)).stdout
    nothing = await terminal.run("disclose", "trace", str(_saved(terminal.home, b"")), as_=house.administrator)
    assert "no package" in nothing.stdout


async def test_every_file_of_a_package_that_was_fetched_leads_back_to_who_fetched_it(world: World) -> None:
    at = await desk(world)
    hand = await copy_for_subject(at, await at.recording(), await at.recording())
    subject = await hand.person(f"{uuid4().hex}@subject.example")
    await hand.seal()
    await at.approve(hand.id)
    package = await hand.pack()
    sealed = await hand.fetch(subject, package["id"])
    await hand.received()

    key = (await world.client.get("/v1/certificate-key")).content
    opened = open_age(io.BytesIO(sealed), str(hand.identity))
    manifest = verify(opened.pieces, key, sealed_to=opened.sealed_to)
    assert (manifest.id, manifest.disclosure) == (UUID(package["id"]), UUID(hand.id))

    with zipfile.ZipFile(io.BytesIO(hand.opened(sealed))) as archive:
        files = [archive.read(name) for name in archive.namelist()]
    assert len(files) == len(manifest.members) + 1
    for content in (sealed, *files):
        assert (hand.id, [str(subject.id)]) in [
            (one["disclosure"], one["fetched_by"]) for one in await _traced(at.administrator, content)
        ]


async def _traced(who: As, content: bytes) -> list[dict[str, Any]]:
    """As the command asks: by the marks in the file, or else by its hash."""
    marks = marks_in([content])
    assert len(marks) < 2
    return await asked(who, **({"mark": marks[0]} if marks else {"sha256": sha256(content)}))


def _saved(folder: Path, content: bytes) -> Path:
    file = folder / "leaked"
    file.write_bytes(content)
    return file


def _package(leak: Leak, manifest: bytes) -> Package:
    return Package(
        tenant=leak.house.tenant,
        id=leak.id,
        disclosure_id=leak.disclosure,
        sealing=Sealing.AGE,
        recipient_key="age1",
        mark=leak.mark,
        object_key=f"disclosure/contract/{leak.id}",
        object_version="1",
        size=len(leak.sealed),
        sha256=hashlib.sha256(leak.sealed).digest(),
        manifest_sha256=hashlib.sha256(manifest).digest(),
        recordings=1,
        made_at=leak.house.world.now(),
        fetches_allowed=1,
    )


async def _disclosed(leak: Leak) -> None:
    now, house = leak.house.world.now(), leak.house
    await DB.fetch(
        "INSERT INTO disclosure (tenant_id, id, kind, state, policy_version, terms, key_id, requested_by, requested_at,"
        " urgent, scope_sha256, lapses_at, ended_at) VALUES ($1, $2, 'evidence', 'fulfilled', 1, '{}', '', $3, $4,"
        " false, '', $4, $4)",
        house.tenant,
        leak.disclosure,
        house.administrator.id,
        now,
    )
    await DB.fetch(
        "INSERT INTO disclosure_recipient (tenant_id, disclosure_id, member_id, named_by, named_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        house.tenant,
        leak.disclosure,
        leak.person,
        house.administrator.id,
        now,
    )
