"""A purpose that the notice no longer names is no purpose any more: not of a new access, nor of one that is open."""

from tenants.vocabulary import Role
from tests.builders import access, logged
from tests.policies.test_changing import in_force
from tests.world import World

WITHOUT_TRAINING = {
    '"training", ': "",
    'purposes = ["training"]': 'purposes = ["quality"]',
    '[purposes.allowed.training]\ntitle = "Henkilöstön koulutus"\nlegal_basis = "6(1)(e)"\nclause = "purposes"\n': "",
}


async def test_a_purpose_that_the_policy_no_longer_names_is_refused_at_opening_and_in_the_middle(world: World) -> None:
    house = await world.house("prh")
    second = await house.member(Role.ADMINISTRATOR)
    supervisor, recording = await house.person(Role.SUPERVISOR), await house.recording()
    trained, checked = await access(supervisor, recording), await access(supervisor, recording, "quality")
    assert (await supervisor.get(trained["content_url"])).status_code == 200
    await in_force(house, second, WITHOUT_TRAINING)
    over = await supervisor.get(trained["content_url"], headers={"range": "bytes=100-200"})
    assert (over.status_code, over.json()["clause"]["version"]) == (403, 2)
    assert "not a purpose" in over.json()["detail"]
    assert (await supervisor.get(checked["content_url"])).status_code == 200
    body = {"purpose": "training", "reason": "a supervisor tries again"}
    refused = await supervisor.post(f"/v1/recordings/{recording}/accesses", json=body)
    assert (refused.status_code, refused.json()["clause"]["id"]) == (403, "purposes")
    shown = (await supervisor.get(f"/v1/recordings/{recording}")).json()
    assert "training" not in [purpose["id"] for purpose in shown["purposes"]]
    told = [event for event in await logged(house, "access.used") if event["outcome"] == "refused"]
    assert [event["details"]["rule"] for event in told] == ["purpose-not-in-policy"]
