"""A named person of an organisation sees the matters they are named in, and nothing else of a controller's."""

import secrets
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.disclosure.asking import Desk, authority, desk
from tests.organisations.registered import POLICE, person_of, register, second
from tests.structure.asking import routes
from tests.world import As, World

OPEN_LISTS = {"list_disclosures", "read_own_organisation", "list_purposes"}
"""What is told to anybody who may ask: their own matters and organisation, and the purposes that they may state."""


@pytest.fixture(scope="module")
async def bench(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


@pytest.fixture(scope="module")
async def police(bench: Desk) -> UUID:
    return await register(bench.house, POLICE | {"legal_bases": ["Poliisilaki 4:3 §"]})


@pytest.fixture(scope="module")
async def officer(bench: Desk, police: UUID) -> As:
    return await person_of(bench.house, police)


def reads() -> list[tuple[str, str]]:
    """Every route that reads anything that is not the reader's own or everybody's."""
    return sorted(
        (route.name, route.path)
        for route in routes()
        if route.method == "GET" and route.path.startswith("/v1") and route.actions
        if route.name not in OPEN_LISTS
    )


@pytest.fixture(scope="module")
async def things(bench: Desk, police: UUID) -> dict[str, str]:
    """Real things of the controller's, none of which the officer is named in."""
    recording = await bench.recording()
    body = {"purpose": "quality", "reason": "a fixture listens"}
    opened = await bench.supervisor.post(f"/v1/recordings/{recording}/accesses", json=body)
    hold = await bench.supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"})
    other = await register(bench.house, POLICE | {"name": "Demo Customs", "legal_bases": ["Tullilaki 1 §"]})
    asked = await bench.asked(**authority(police, recording, terms={"legal_basis": "Poliisilaki 4:3 §"}))
    order = {"recording": str(await bench.recording()), "reason": "a fixture orders"}
    proposal = await bench.administrator.post("/v1/orders/destruction", json=order)
    return {
        "recording_id": str(recording),
        "access_id": opened.json()["id"],
        "hold_id": hold.json()["id"],
        "organisation_id": str(other),
        "disclosure_id": asked["id"],
        "proposal_id": proposal.json()["id"],
        "contract_id": str(bench.house.contract),
        "controller_id": str(bench.house.tenant),
    }


@pytest.mark.parametrize(("operation", "path"), reads())
async def test_a_person_of_outside_reads_nothing(
    officer: As, things: dict[str, str], operation: str, path: str
) -> None:
    for name, value in things.items():
        path = path.replace(f"{{{name}:uuid}}", value).replace(f"{{{name}}}", value)
    for name in {part[1:].partition("}")[0] for part in path.split("/") if part.startswith("{")}:
        kind = name.partition(":")[2]
        path = path.replace(f"{{{name}}}", "1" if kind == "int" or name in ("number", "seq") else str(uuid4()))
    answer = await officer.get(path)
    empty = answer.status_code == 200 and answer.json() in ([], {"items": [], "next": None})
    assert empty or answer.status_code in (400, 403, 404), f"{operation}: {answer.status_code} {answer.text}"


async def test_an_officer_asks_for_their_own_organisation_and_sees_that_alone(
    bench: Desk, police: UUID, officer: As
) -> None:
    recording = await bench.recording()
    basis = {"legal_basis": "Poliisilaki 4:3 §"}
    asked = await bench.ask(officer, **authority(police, recording, terms=basis))
    assert asked.status_code == 201, asked.text
    listed = (await officer.get("/v1/disclosures")).json()["items"]
    assert [each["id"] for each in listed] == [asked.json()["id"]]
    other = await register(bench.house, POLICE | {"name": "Demo Border Guard"})
    assert (await bench.ask(officer, **authority(other, recording, terms=basis))).status_code == 403
    not_theirs = await bench.ask(officer, **authority(police, recording, terms={"legal_basis": "Tullilaki 1 §"}))
    assert (not_theirs.status_code, not_theirs.json()["rule"]) == (403, "legal-basis-not-theirs")
    colleague = await person_of(bench.house, police)
    assert (await colleague.get(f"/v1/disclosures/{asked.json()['id']}")).status_code == 404


async def test_an_officer_decides_registers_and_names_nothing(bench: Desk, police: UUID, officer: As) -> None:
    asked = await bench.asked(**authority(police, await bench.recording(), terms={"legal_basis": "Poliisilaki 4:3 §"}))
    assert (await bench.decide(officer, asked["id"])).status_code in (403, 404)
    assert (await officer.post("/v1/organisations", json=POLICE)).status_code == 403
    assert (await officer.post(f"/v1/organisations/{police}/end")).status_code == 403
    body = {"email": "x@recipient.example", "name": "Demo Person"}
    assert (await officer.post(f"/v1/organisations/{police}/persons", json=body)).status_code == 403
    assert (await officer.post("/v1/recordings/search", json={})).status_code == 403


async def test_only_an_administrator_names_persons_and_an_address_is_taken_once(bench: Desk, police: UUID) -> None:
    url = f"/v1/organisations/{police}/persons"
    body: dict[str, Any] = {"email": f"{secrets.token_hex(4)}@recipient.example", "name": "Demo Person"}
    assert (await bench.dpo.post(url, json=body)).status_code == 403
    named = await bench.administrator.post(url, json=body)
    assert named.status_code == 201
    assert (await bench.administrator.post(url, json=body)).status_code == 409
    listed = (await bench.dpo.get(url)).json()
    assert [each["active"] for each in listed if each["id"] == named.json()["id"]] == [True]
    assert (await bench.supervisor.get(url)).status_code == 403
    assert (await bench.administrator.delete(f"/v1/members/{named.json()['id']}")).status_code == 204
    listed = (await bench.dpo.get(url)).json()
    assert [each["active"] for each in listed if each["id"] == named.json()["id"]] == [False]


async def test_with_the_organisation_its_people_are_stopped(bench: Desk) -> None:
    organisation = await register(bench.house, POLICE | {"name": "Demo Tax Office"})
    person = await person_of(bench.house, organisation)
    assert (await person.get("/v1/me")).status_code == 200
    assert (await bench.dpo.post(f"/v1/organisations/{organisation}/end")).status_code == 200
    body = {"email": "late@recipient.example", "name": "Demo Person"}
    assert (await bench.administrator.post(f"/v1/organisations/{organisation}/persons", json=body)).status_code == 409
    listed = (await bench.dpo.get(f"/v1/organisations/{organisation}/persons")).json()
    assert [each["active"] for each in listed] == [False]


async def test_whoever_is_from_outside_has_no_role_inside(bench: Desk) -> None:
    for roles in ([Role.RECIPIENT, Role.ADMINISTRATOR], [Role.SUPERVISOR, Role.RECIPIENT]):
        body = {"email": f"{secrets.token_hex(4)}@recipient.example", "name": "Demo Person", "roles": roles}
        assert (await bench.administrator.post("/v1/members", json=body)).status_code == 403
