"""A data subject is told what Art. 15(1) asks for, and when and why each listen happened, with nobody's name."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pypdf
import pytest

from tenants.reading import read_policy
from tenants.vocabulary import DisclosureKind, Party, Role
from tests.builders import REASON, access, chat, talk
from tests.packages.given import gathered, making
from tests.world import POLICIES, House, World
from vault.custody.database import DB, tenant_scope
from vault.errors import Altered
from vault.packages.access_report import Received, Reported, access_report
from vault.packages.listens import listens_of
from vault.packages.parts import find
from vault.packages.report_words import _WORDS
from vault.printing import LANGUAGES


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def report(
    house: House,
    *recordings: UUID,
    language: str = "en",
    reviewed_at: datetime | None = None,
    received: tuple[Received, ...] = (),
    policy: str = "prh",
    party: Party = Party.CUSTOMER,
) -> tuple[dict[str, Any], str]:
    """The report as a machine reads it, and as a person does."""
    custody = house.world.custody
    reported = []
    for recording in recordings:
        kept = await find(custody, house.tenant, recording)
        reported.append(Reported(kept=kept, listens=await listens_of(custody, kept, reviewed_at=reviewed_at)))
    terms = making(house, DisclosureKind.SUBJECT_ACCESS)
    rules = read_policy((POLICIES / f"{policy}.toml").read_text(), source=f"{policy}.toml")
    printed, written = access_report(terms, rules, reported, received, language=language, party=party)
    content = await gathered(printed.chunks)
    assert terms.mark.encode() in content
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    assert all(terms.mark in page.extract_text() for page in pages)
    return json.loads(await gathered(written.chunks)), " ".join(" ".join(p.extract_text() for p in pages).split())


async def listened(house: House) -> UUID:
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    opened = await access(supervisor, recording, "quality")
    # Leave that nobody used is no listen.
    await access(supervisor, recording, "training")
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200
    return recording


async def test_each_listen_is_told_with_its_purpose_and_nobodys_name(house: House) -> None:
    recording = await listened(house)
    told, text = await report(house, recording)
    (entry,) = told["recordings"]
    (listen,) = entry["listens"]
    assert (listen["purpose"], listen["title"], "reason" in listen) == ("quality", "Palvelun laadun seuranta", False)
    assert REASON not in text
    assert "Palvelun laadun seuranta" in text
    supervisor = await house.person(Role.SUPERVISOR)
    for said in (json.dumps(told), text):
        assert str(supervisor.id) not in said
        assert "Demo" not in said
    assert set(entry["kept_until"]) == {"content", "contact"}


async def test_the_reason_of_a_listen_is_told_once_it_was_reviewed(house: House) -> None:
    recording = await listened(house)
    told, text = await report(house, recording, reviewed_at=house.world.now())
    assert told["recordings"][0]["listens"][0]["reason"] == REASON
    assert REASON in text
    told, _ = await report(house, recording, reviewed_at=house.world.now() - timedelta(hours=1))
    assert "reason" not in told["recordings"][0]["listens"][0], "nobody has seen this one"


async def test_a_reason_that_has_gone_is_not_told_and_an_altered_one_is_not_believed(house: House) -> None:
    recording = await listened(house)
    custody = house.world.custody
    kept = await find(custody, house.tenant, recording)
    async with tenant_scope(house.tenant):
        (row,) = await DB.fetch("SELECT sealed_reason FROM access WHERE used_at IS NOT NULL")
        sealed = bytearray(row["sealed_reason"])
        sealed[-1] ^= 1
        await DB.fetch("UPDATE access SET sealed_reason = $1", bytes(sealed))
    with pytest.raises(Altered):
        await listens_of(custody, kept, reviewed_at=house.world.now())
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE access SET sealed_reason = ''")
    (listen,) = await listens_of(custody, kept, reviewed_at=house.world.now())
    assert (listen.purpose, listen.reason) == ("quality", None)


async def test_everything_that_article_15_asks_for_is_told_in_the_notices_own_words(house: House) -> None:
    call = await house.recording()
    talked = await house.recording(talk("Hello."), **chat())
    received = Received(recipient="An Authority", at=datetime(2026, 11, 3, 9, tzinfo=UTC), basis="A law, section 4")
    told, text = await report(house, call, talked, received=(received,))
    assert {one["purpose"] for one in told["purposes"]} == {
        "quality",
        "development",
        "training",
        "service_level_studies",
        "identification",
    }
    assert [one["kind"] for one in told["categories"]] == ["call", "chat"]
    assert "caller_number" in told["categories"][0]["contact_fields"]
    assert ("call", "content", "P6M") in [(one["kind"], one["part"], one["keep"]) for one in told["retention"]]
    assert told["recipients"] == [
        {"recipient": "An Authority", "at": "2026-11-03T09:00:00+00:00", "basis": "A law, section 4"}
    ]
    rights = {one["right"]: one["granted"] for one in told["rights"]}
    assert (rights["access"], rights["objection"]) == ("granted", "by_law")
    for said in (
        "6 months",
        "An Authority",
        "Art. 6(1)(e)",
        "Data Protection Ombudsman",
        "Nobody has listened",
        "Nothing is decided automatically",
        "Tietoja ei käytetä automaattiseen päätöksentekoon eikä profilointiin.",
    ):
        assert said in text, said


async def test_a_right_that_the_notice_refuses_is_told_as_refused_with_its_clause(house: House) -> None:
    told, text = await report(house, await house.recording(), policy="valtiokonttori")
    rights = {one["right"]: one for one in told["rights"]}
    assert rights["erasure"]["granted"] == "not_granted"
    assert rights["erasure"]["clause"]["text"]
    assert "This right does not apply to this processing." in text


async def test_an_agent_is_told_what_holds_for_agents(house: House) -> None:
    told, _ = await report(house, await house.recording(), policy="vertaislaina", party=Party.AGENT)
    # What the notice grants to customers only, the law still owes to whoever is in the recording.
    assert {one["right"]: one["granted"] for one in told["rights"]}["access"] == "by_law"


async def test_periods_are_told_in_words(house: House) -> None:
    bot = await house.recording(talk("Hello."), **chat(kind="chatbot"))
    _, text = await report(house, bot)
    assert "one hour" in text
    assert "2 years" in text


@pytest.mark.parametrize(("language", "title"), [("fi", "Tiedot käsittelystä"), ("sv", "Uppgifter om behandlingen")])
async def test_it_is_told_in_the_controllers_language(house: House, language: str, title: str) -> None:
    _, text = await report(house, await house.recording(), language=language)
    assert title in text


def test_every_language_has_the_same_words_with_the_same_places() -> None:
    for name, row in _WORDS.items():
        assert len(row) == len(LANGUAGES)
        places = [{part.partition("}")[0] for part in text.split("{")[1:]} for text in row]
        assert places[0] == places[1] == places[2], name
        assert all(row), name
