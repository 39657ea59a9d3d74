"""Whoever approves approves what they have seen: what was changed between looking and approving is not it."""

from tests.disclosure.asking import desk
from tests.disclosure.officers import asked_for
from tests.world import World


async def test_what_was_changed_since_somebody_looked_is_not_approved(world: World) -> None:
    at = await desk(world)
    hand, _ = await asked_for(at)
    (item,) = (await at.see(hand.id))["scope"]["items"]
    narrow, wide = {"content": True, "contact_fields": []}, {"content": True}
    assert (await at.change(hand.id, item["recording"], who=at.supervisor, limits=narrow)).status_code == 200
    seen = (await at.see(hand.id))["scope"]["sha256"]
    assert (await at.change(hand.id, item["recording"], who=at.supervisor, limits=wide)).status_code == 200
    refused = await at.decide(at.dpo, hand.id, scope_sha256=seen)
    assert refused.status_code == 409, refused.text
    standing = await at.see(hand.id)
    assert standing["state"] == "requested"
    for who in (at.dpo, at.administrator):
        assert (await at.decide(who, hand.id, scope_sha256=standing["scope"]["sha256"])).status_code == 200
    assert (await at.see(hand.id))["state"] == "approved"
