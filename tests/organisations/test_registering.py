"""Nothing is disclosed to anybody whom two persons of the controller did not register."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pyrage
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tenants.organisations import OrganisationFacts, OrganisationKind
from tenants.vocabulary import Role
from tests.builders import logged
from tests.organisations.registered import COMPANY, INSTITUTE, POLICE, certificate, decide, register, second
from tests.world import House, World
from vault.custody.database import DB, tenant_scope
from vault.errors import NotFound
from vault.organisations.facts import organisation_facts


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    made = await world.house("prh")
    await second(made)
    return made


async def read(house: House, organisation: UUID) -> dict[str, Any]:
    answer = await house.administrator.get(f"/v1/organisations/{organisation}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def change(house: House, organisation: UUID, **changes: Any) -> httpx.Response:
    body = {"reason": "They wrote that it has changed."} | changes
    return await house.administrator.request("PATCH", f"/v1/organisations/{organisation}", json=body)


def rules(answer: httpx.Response) -> Sequence[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["field"], error["rule"]) for error in answer.json()["errors"]]


async def facts(house: House, organisation: UUID) -> OrganisationFacts:
    async with tenant_scope(house.tenant):
        return await organisation_facts(house.tenant, organisation, now=house.world.now())


async def test_one_proposes_another_verifies_and_decides(house: House) -> None:
    proposed = await house.administrator.post("/v1/organisations", json=POLICE | {"certificate": certificate()})
    proposal = proposed.json()
    assert proposal["effect"].keys() == {"kind", "legal_bases", "certificate_sha256", "good_until"}
    assert POLICE["contact"] not in proposed.text
    organisation = UUID(proposal["object"])
    assert (await house.administrator.get(f"/v1/organisations/{organisation}")).status_code == 404
    asked = await (await second(house)).get(f"/v1/proposals/{proposal['id']}/contact")
    assert asked.json() == {"organisation": str(organisation), "contact": POLICE["contact"]}
    assert (await decide(house.administrator, proposal["id"])).status_code == 403
    assert (await decide(await second(house), proposal["id"])).json()["state"] == "carried_out"
    found = await read(house, organisation)
    assert {name: found[name] for name in POLICE if name != "reason"} == {
        n: v for n, v in POLICE.items() if n != "reason"
    }
    assert (found["registered_by"], found["approved_by"]) == (
        str(house.administrator.id),
        str((await second(house)).id),
    )
    (event,) = [one for one in await logged(house, "organisation.registered") if one["object"] == str(organisation)]
    assert "Demo" not in str(event)
    assert await facts(house, organisation) == OrganisationFacts(
        id=organisation, kind=OrganisationKind.AUTHORITY, legal_bases=tuple(POLICE["legal_bases"])
    )


async def test_the_contact_is_sealed_and_shown_only_to_those_who_decide(house: House) -> None:
    organisation = await register(house)
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT o::text AS row FROM organisation o UNION ALL SELECT p::text FROM proposal p")
    assert all("registry" not in row["row"] for row in rows)
    supervisor = await house.person(Role.SUPERVISOR)
    assert (await supervisor.get(f"/v1/organisations/{organisation}")).json()["contact"] is None
    dpo = await house.person(Role.DPO)
    assert (await dpo.get(f"/v1/organisations/{organisation}")).json()["contact"] == POLICE["contact"]
    listed = (await dpo.get("/v1/organisations")).json()
    assert str(organisation) in {one["id"] for one in listed}
    assert {one["contact"] for one in listed} == {None}


async def test_a_dpo_proposes_and_only_an_administrator_decides(house: House) -> None:
    dpo = await house.person(Role.DPO)
    by_dpo = (await dpo.post("/v1/organisations", json=INSTITUTE)).json()["id"]
    by_administrator = (await house.administrator.post("/v1/organisations", json=INSTITUTE)).json()["id"]
    assert (await decide(dpo, by_administrator)).status_code == 403
    assert (await decide(await second(house), by_dpo)).status_code == 200


async def test_nobody_else_registers_or_reads(house: House, world: World) -> None:
    organisation = await register(house)
    agent, supervisor, operator = (
        await house.person(Role.AGENT),
        await house.person(Role.SUPERVISOR),
        await world.operator(),
    )
    for person in (agent, supervisor, operator):
        assert (await person.post("/v1/organisations", json=POLICE)).status_code == 403
    for person in (agent, operator):
        assert (await person.get("/v1/organisations")).status_code == 403
        assert (await person.get(f"/v1/organisations/{organisation}")).status_code == 403
    stranger = (await world.house("prh")).administrator
    for method, url, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "Another", "reason": "a stranger tries"}),
        ("POST", "/end", None),
        ("GET", "/persons", None),
        ("POST", "/persons", {"email": "x@y.example", "name": "Demo Person"}),
    ]:
        answers = [
            await stranger.request(method, f"/v1/organisations/{id}{url}", json=body) for id in (organisation, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404], url
        assert answers[0].json()["detail"] == answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"legal_bases": []}, ("legal_bases", "missing")),
        ({"statutory_right": None}, ("statutory_right", "missing")),
        ({"business_id": "2077474-1"}, ("business_id", "business-id")),
        ({"age_key": "age1notone"}, ("age_key", "age-recipient")),
        ({"certificate": "not a certificate"}, ("certificate", "certificate")),
        ({"certificate": certificate(until=datetime(2026, 1, 1, tzinfo=UTC))}, ("certificate", "certificate-expired")),
        ({"contact": "  "}, ("contact", "length")),
        ({"contact": "Ask for 131052-308T"}, ("contact", "identity-code")),
    ],
)
async def test_what_is_missing_or_wrong_is_named(house: House, changes: dict[str, Any], rule: tuple[str, str]) -> None:
    assert rule in rules(await house.administrator.post("/v1/organisations", json=POLICE | changes))


async def test_a_persons_certificate_is_no_organisations(house: House) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.SURNAME, "Person"), x509.NameAttribute(NameOID.GIVEN_NAME, "Demo")])
    answer = await house.administrator.post(
        "/v1/organisations", json=POLICE | {"certificate": certificate(subject=subject)}
    )
    assert rules(answer) == [("certificate", "certificate-of-person")]


async def test_the_same_organisation_is_not_registered_twice(house: House) -> None:
    both = [
        (await house.administrator.post("/v1/organisations", json=POLICE | {"business_id": "0245458-3"})).json()["id"]
        for _ in range(2)
    ]
    other = await second(house)
    assert [(await decide(other, proposal)).status_code for proposal in both] == [200, 409]


async def test_a_change_is_decided_by_two_and_leaves_the_rest(house: House) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    organisation = await register(house, certificate=certificate(), age_key=key)
    renewed = certificate()
    proposal = (await change(house, organisation, certificate=renewed, contact="The new registry.")).json()
    assert proposal["effect"]["instead_of"].keys() == {"certificate"}
    assert proposal["effect"]["contact"]
    assert (await change(house, organisation, name="Another")).status_code == 409
    assert (await read(house, organisation))["certificate"] != renewed
    assert (await decide(house.administrator, proposal["id"])).status_code == 403
    assert (await decide(await second(house), proposal["id"])).status_code == 200
    found = await read(house, organisation)
    assert (found["certificate"], found["contact"], found["age_key"]) == (renewed, "The new registry.", key)
    assert found["legal_bases"] == POLICE["legal_bases"]
    taken = (await change(house, organisation, age_key=None, certificate=None)).json()
    await decide(await second(house), taken["id"])
    found = await read(house, organisation)
    assert (found["certificate"], found["age_key"], found["contact"]) == (None, None, "The new registry.")
    (event,) = [one for one in await logged(house, "organisation.changed") if "contact" in one["details"]["fields"]]
    assert event["details"]["fields"] == ["certificate", "contact"]


async def test_a_change_to_what_may_not_be_is_refused(house: House) -> None:
    organisation = await register(house)
    assert rules(await change(house, organisation)) == [("", "missing")]
    assert rules(await change(house, organisation, legal_bases=[])) == [("legal_bases", "missing")]
    assert (await change(house, uuid4(), name="Another")).status_code == 404


async def test_an_expired_certificate_hinders_no_other_change(house: House, world: World) -> None:
    organisation = await register(house, certificate=certificate(until=datetime.now(UTC) + timedelta(days=2)))
    async with world.later(timedelta(days=3)):
        assert (await change(house, organisation, name="Demo Police, renamed")).status_code == 202


async def test_a_certificate_that_expires_before_the_decision_is_not_registered(house: House, world: World) -> None:
    soon = certificate(until=datetime.now(UTC) + timedelta(days=2))
    proposal = (await house.administrator.post("/v1/organisations", json=POLICE | {"certificate": soon})).json()
    async with world.later(timedelta(days=3)):
        answer = await decide(await second(house), proposal["id"])
        assert rules(answer) == [("certificate", "certificate-expired")]


async def test_ending_an_organisation_is_at_once_and_once(house: House) -> None:
    organisation = await register(house)
    waiting = (await change(house, organisation, name="Another")).json()["id"]
    dpo = await house.person(Role.DPO)
    assert (
        await (await house.person(Role.SUPERVISOR)).post(f"/v1/organisations/{organisation}/end")
    ).status_code == 403
    ended = await dpo.post(f"/v1/organisations/{organisation}/end")
    assert (ended.status_code, ended.json()["ended_by"]) == (200, str(dpo.id))
    assert (await dpo.post(f"/v1/organisations/{organisation}/end")).status_code == 409
    assert (await decide(await second(house), waiting)).status_code == 409
    assert (await change(house, organisation, name="Another")).status_code == 409
    assert (await facts(house, organisation)).ended_at is not None


async def test_nothing_is_known_of_an_organisation_that_never_was(house: House) -> None:
    with pytest.raises(NotFound):
        await facts(house, uuid4())
    proposal = (await house.administrator.post("/v1/organisations", json=COMPANY)).json()
    with pytest.raises(NotFound):
        await facts(house, UUID(proposal["object"]))


async def test_nobody_is_registered_once_the_contract_is_over(world: World) -> None:
    house = await world.house("prh", lasts=timedelta(days=30))
    async with world.later(timedelta(days=40)):
        answer = await house.administrator.post("/v1/organisations", json=POLICE)
        assert (answer.status_code, answer.json()["rule"]) == (403, "contract-over")


async def test_a_proposal_about_something_else_has_no_contact(house: House) -> None:
    order = {"recording": str(await house.recording()), "reason": "The controller asked for it."}
    proposal = (await house.administrator.post("/v1/orders/destruction", json=order)).json()["id"]
    assert (await house.administrator.get(f"/v1/proposals/{proposal}/contact")).status_code == 404
