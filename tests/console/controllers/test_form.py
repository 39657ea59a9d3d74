"""A controller is taken on by a form alone, which says the same as a text and can be left for it at any time."""

from html import unescape
from typing import Any

from tenants.vocabulary import Role
from tests.console.conftest import Visit
from tests.console.controllers.test_taking_on import FIRST, LAST, fill, fresh, onboarded, policy
from tests.console.filling import Fields
from tests.world import As, World

ENGLISH = {"accept-language": "en"}
CLAUSE = "the_notice"
ROWS = ("clauses", "purposes.allowed", "recorded.kinds", "access.roles", "rights")
"""Of each of these a policy has one at least."""


async def turned(operator: As, form: Fields, **asked: str) -> Fields:
    answer = await operator.post("/controllers/new", data=form.filled | asked)
    assert answer.status_code == 200
    return Fields(answer.text, "onboarding")


def least(slug: str) -> dict[str, Any]:
    """The shortest policy: calls for half a year, that quality may listen to."""
    clauses = (
        "purposes",
        "purposes.allowed.0",
        "recorded",
        "recorded.kinds.0",
        "recorded.kinds.0.retention.content",
        "recorded.kinds.0.retention.contact",
        "access",
        "access.roles.0",
        "disclosures",
        "transfer",
        "rights.0",
        "automated_decisions",
        "contract_end",
    )
    said = {
        "slug": slug,
        "version": "1",
        "effective_from": FIRST,
        "time_zone": "Europe/Helsinki",
        "languages": "fi\r\nsv",
        "controller.name": "Demo Controller",
        "controller.contact": f"info@{slug}.example",
        "dpo.contact": f"dpo@{slug}.example",
        "clauses.0": CLAUSE,
        "clauses.0.section": "Tallenteet",
        "clauses.0.text": "Puhelut tallennetaan.\r\nNe säilytetään kuusi kuukautta.",
        "purposes.allowed.0": "quality",
        "purposes.allowed.0.title": "Laatu",
        "purposes.allowed.0.legal_basis": "6(1)(e)",
        "recorded.kinds.0": "call",
        "recorded.kinds.0.contact_fields": ["start", "agent_id"],
        "recorded.kinds.0.contact_clause": CLAUSE,
        "recorded.kinds.0.purposes": "quality",
        "recorded.kinds.0.retention.content.keep": "P6M",
        "recorded.kinds.0.retention.contact.keep": "P6M",
        "access.roles.0": "quality",
        "access.roles.0.purposes": "quality",
        "access.roles.0.scope": "all",
        "transfer.area": "EEA",
        "transfer.region": "eu-north-1",
        "rights.0": "access",
        "rights.0.granted": "true",
        "automated_decisions.decisions": "false",
        "automated_decisions.profiling": "false",
    } | {f"{place}.clause": CLAUSE for place in clauses}
    return {f"policy.{name}": value for name, value in said.items()}


async def test_without_a_script_a_controller_is_taken_on_by_the_form_alone(world: World) -> None:
    operator, slug = await world.operator(), fresh()
    form = Fields((await operator.get("/controllers/new?written=form")).text, "onboarding")
    for place in ROWS:
        form = await turned(operator, form, add=f"policy.{place}")
    assert least(slug).keys() - form.filled.keys() == {
        f"policy.{place}" for place in ("recorded.kinds.0.contact_fields", "recorded.kinds.0.purposes")
    } | {"policy.access.roles.0.purposes"}, "all of it is asked; of what is chosen from a list nothing is chosen yet"
    beside = {"starts_on": FIRST, "ends_on": LAST, "name": "Demo Administrator", "email": f"admin@{slug}.example"}
    wrong = {"policy.recorded.kinds.0.retention.content.keep": "six months"}

    told = await operator.post("/controllers", data=form.filled | least(slug) | beside | wrong, headers=ENGLISH)
    assert told.status_code == 422
    at = told.text.partition('id="wrong-policy.recorded.kinds.0.retention.content.keep"')[2].partition("</span>")[0]
    assert "'six months' is not a retention" in unescape(at), "the mistake stands at its field"
    assert told.text.count('class="wrong"') == 1
    again = Fields(told.text, "onboarding")
    assert again["policy.controller.name"] == "Demo Controller"

    done = await operator.post("/controllers", data=again.filled | least(slug))
    assert (done.status_code, slug in done.text) == (200, True)
    assert await onboarded(world, slug)


async def test_from_the_text_to_the_form_and_back_nothing_is_lost(world: World) -> None:
    operator, text = await world.operator(), policy(fresh(), "valtiokonttori")
    page = Fields((await operator.get("/controllers/new")).text, "onboarding")
    form = await turned(operator, page, **{"policy": text, "ends_on": LAST, "as": "form"})
    assert form["policy.controller.name"] == "Valtiokonttori"
    back = await turned(operator, form, **{"as": "text"})
    assert (back["policy"].replace("\r\n", "\n"), back["ends_on"]) == (text, LAST)


async def test_what_the_other_way_of_writing_cannot_say_is_told_and_stays(world: World) -> None:
    operator = await world.operator()
    page = await operator.post("/controllers/new", data={"policy": "slug", "as": "form"}, headers=ENGLISH)
    assert (page.status_code, "this is not TOML" in page.text) == (422, True)
    assert Fields(page.text, "onboarding")["policy"] == "slug"
    form = Fields((await operator.get("/controllers/new?written=form&like=prh")).text, "onboarding")
    unnamed = form.filled | {"policy.clauses.0": "", "as": "text"}
    page = await operator.post("/controllers/new", data=unnamed, headers=ENGLISH)
    assert (page.status_code, "This has no name yet." in page.text) == (422, True)
    assert Fields(page.text, "onboarding")["written"] == "form"


async def test_a_form_on_a_narrow_screen_is_checked_as_it_is_filled_in(visit: Visit, world: World) -> None:
    slug = fresh()
    async with visit(await world.operator(), viewport={"width": 320, "height": 800}) as visitor:
        await visitor.go("/controllers/new")
        await visitor.follow("Or fill it in as a form, field by field")
        await visitor.page.get_by_role("link", name="Patentti- ja rekisterihallitus").click()
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")

        await visitor.page.fill("[name='policy.slug']", slug)
        await visitor.page.fill("[name='policy.controller.name']", "Demo Controller")
        for place in ("controller", "dpo"):
            await visitor.page.fill(f"[name='policy.{place}.contact']", f"{place}@{slug}.example")
        await fill(visitor, slug)
        kept = visitor.page.locator("[name='policy.recorded.kinds.0.retention.content.keep']")
        await visitor.page.locator("details:has([name='policy.recorded.kinds.0']) > summary").click()
        await kept.fill("six months")
        await visitor.page.locator(".policy-form .wrong").wait_for()
        assert "is not a retention" in await visitor.page.inner_text(".policy-form .wrong")
        assert await kept.get_attribute("aria-invalid") == "true"
        await visitor.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        await visitor.check_accessible()
        assert await visitor.page.evaluate("document.documentElement.scrollWidth <= 320")
        await kept.fill("P6M")
        await visitor.page.locator("#outlook").get_by_text("All is well: this is what will happen").wait_for()
        assert await visitor.page.locator(".policy-form .wrong").count() == 0

        await visitor.press("Add to “Never stored”")
        await visitor.page.locator("[name='policy.never_stored.1.data']").first.check()
        await visitor.page.locator("[name='policy.never_stored.1.clause']").select_option("purposes")
        await visitor.press("Take on the controller")
        await visitor.page.wait_for_selector("#invitation, .told.good")
    assert await onboarded(world, slug)


async def test_nobody_of_a_controller_fills_in_the_form(world: World) -> None:
    person = await (await world.house()).person(Role.DPO)
    assert (await person.post("/controllers/new", data={"as": "form"})).status_code == 403
