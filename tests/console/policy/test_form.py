"""Another version of a policy is written by its form, and previewed as a text is."""

from tests.console.filling import Fields
from tests.world import World

KEEP = "policy.recorded.kinds.0.retention.content.keep"


async def test_a_period_is_changed_in_the_form_and_nothing_beside_it(world: World) -> None:
    administrator = (await world.house()).administrator
    page = await administrator.get("/policy/change?written=form")
    form = Fields(page.text, "change")
    assert form[KEEP] == "P6M"
    wrong = await administrator.post("/policy/change", data=form.filled | {KEEP: "soon", "step": "preview"})
    assert (wrong.status_code, f'id="wrong-{KEEP}"' in wrong.text) == (422, True)
    seen = await administrator.post("/policy/change", data=form.filled | {KEEP: "P3M", "step": "preview"})
    assert 'aria-labelledby="preview"' in seen.text
    text = await administrator.post("/policy/change/form", data=Fields(seen.text, "change").filled | {"as": "text"})
    before, after = form["policy"].splitlines(), Fields(text.text, "change")["policy"].splitlines()
    assert [line for line in after if line not in before] == ['content = { keep = "P3M", clause = "retention_call" }']
    assert len(before) == len(after)
