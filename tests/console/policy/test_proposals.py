"""Each kind of proposal has a title and tells its own facts; what is not known of one is left out."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import to_builtins

from tenants.decisions import Person
from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.organisations.registered import COMPANY
from tests.world import House, World
from vault.accounts import Caller
from vault.console.policy.proposing import STATES, TITLES
from vault.console.rendering import PAGES
from vault.handlers import HANDLERS
from vault.identity.provider_model import Settings
from vault.proposals.model import LASTS, Proposal, State

NAME = "Patentti- ja rekisterihallitus"
KEY = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
TOLD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "change_contract": (
        {"last_day": "2030-01-31"},
        {"change": "extension", "instead_of": "2029-01-31", "recordings": 7, "held": 1},
        "31 January 2030",
    ),
    "destroy_recording": ({}, {"recordings": 1, "parts": 3, "ids": [str(uuid4())], "held": []}, "The keys of these"),
    "destroy_subject": ({"subject": "number"}, {"recordings": 2, "parts": 6, "ids": [], "held": ["x"]}, "kept sealed"),
    "erase_for_subject": ({"recordings": []}, {"recordings": 2, "ids": [], "held": []}, "/subjects/"),
    "change_policy": ({"version": 4, "sha256": "ab" * 32}, {}, "abababababababab"),
    "register_recipient": ({"public_key": KEY, "destination": "here"}, {"recordings": 9}, KEY),
    "waive_return": ({}, {"recordings": 1234}, "1,234 are destroyed"),
    "register_organisation": ({"kind": "company", "name": "Demo Oy", "legal_bases": ["a", "b"]}, {}, "a; b"),
    "change_organisation": (
        {"name": "Demo Ab"},
        {"instead_of": {"name": "Demo Oy"}, "good_until": "2030-01-31"},
        "Demo Oy",
    ),
    "set_identity_provider": (
        {
            "issuer": "https://id.example",
            "client_id": "vault",
            "authentication": "private_key_jwt",
            "settings": to_builtins(Settings()),
        },
        {},
        "https://id.example",
    ),
    "recover_account": ({}, {}, "passkeys, password"),
    "invite_member": ({"roles": ["dpo"]}, {}, "data protection officer"),
    "map_directory_group": ({"roles": ["dpo"]}, {}, "data protection officer"),
}


def test_every_kind_has_a_title_and_every_state_its_words() -> None:
    assert set(TITLES) == set(HANDLERS) == set(TOLD)
    assert set(STATES) == set(State)


@pytest.mark.parametrize("action", TOLD)
@pytest.mark.parametrize("state", [State.PROPOSED, State.REFUSED])
def test_each_kind_tells_its_own_facts(world: World, action: str, state: State) -> None:
    terms, effect, words = TOLD[action]
    now = world.now()
    proposal = Proposal(
        id=uuid4(), tenant=uuid4(), action=action, object_id=uuid4(), terms=terms, sealed_terms={}, reason=None,
        effect=effect, state=state, proposed_by=uuid4(), by_operator=True, proposed_as=(), proposed_at=now,
        lapses_at=now + LASTS, outcome={"rule": "conflict", "detail": "It is held."},
    )  # fmt: skip
    me = Caller(Person(id=uuid4(), tenant=uuid4(), roles=frozenset({Role.DPO})), uuid4())
    given = {
        "proposal": proposal,
        "names": {},
        "controllers": {},
        "me": me,
        "contact": "The registry",
        "states": STATES,
    }
    facts = PAGES.get_template("policy/_facts.html").render(given)
    assert words in facts
    assert "everything of the controller is destroyed" not in facts, "an extension destroys nothing"
    progress = PAGES.get_template("policy/_progress.html").render(given)
    assert ("It is held." in progress) is (state is State.REFUSED)


async def test_the_second_person_reads_whom_to_ask_at_an_organisation(visit: Visit, world: World) -> None:
    house: House = await world.house()
    dpo = await house.person(Role.DPO)
    proposed = await dpo.post("/v1/organisations", json=COMPANY | {"reason": "A company of the group."})
    assert proposed.status_code == 202, proposed.text
    last_day = str(world.today() + timedelta(days=900))
    changed = await house.administrator.post(
        f"/v1/contracts/{house.contract}/changes", json={"last_day": last_day, "reason": "It was agreed anew."}
    )
    assert changed.status_code == 202, changed.text
    async with visit(house.administrator) as visitor:
        await visitor.go(f"/proposals/{proposed.json()['id']}")
        assert COMPANY["contact"] in await visitor.text()
        await visitor.page.get_by_label("Why you decide so").fill("I have telephoned with them.")
        await visitor.press("Confirm")
        assert "carried out" in await visitor.text()
        await visitor.go("/proposals?show=all")
        assert await visitor.page.locator("tbody tr").count() == 2
        await visitor.check_accessible()
    async with visit(dpo) as visitor:
        await visitor.go(f"/proposals/{changed.json()['id']}")
        assert "None of your roles decides on it" in await visitor.text()
        await visitor.check_accessible()
    async with visit(await world.operator()) as visitor:
        await visitor.go("/proposals")
        row = visitor.page.locator("tr", has=visitor.page.locator(f"a[href='/proposals/{changed.json()['id']}']"))
        assert NAME in await row.inner_text()
        await visitor.go(f"/proposals/{changed.json()['id']}")
        assert NAME in await visitor.page.locator("dl.facts").first.inner_text()
        assert "everything of the controller is destroyed at once" in await visitor.text()
        assert await visitor.page.locator("button.danger").inner_text() == "Confirm"
        await visitor.check_accessible()
        await visitor.page.get_by_label("Why you decide so").fill("As agreed.")
        await visitor.press("Refuse")
        assert "You refused it." in await visitor.text()
