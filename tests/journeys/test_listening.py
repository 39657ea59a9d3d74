"""A supervisor finds the call that is disputed, says why, listens to the place that matters, and is answerable."""

import json

from tenants.vocabulary import Role
from tests.builders import logged
from tests.world import World, wav

SOUND = wav(20.0)


async def test_a_supervisor_finds_a_call_listens_to_a_part_of_it_and_answers_for_it(world: World) -> None:
    house = await world.house("valtiokonttori")
    contact = {"caller_number": "+358 40 765 4321", "service_number": "029 550 2000", "agent_id": "agent-3"}
    call = await house.recording(SOUND, contact=contact, direction="in")
    await house.recording(contact={"caller_number": "+358 40 765 4322", "agent_id": "agent-3"})
    supervisor = await house.person(Role.SUPERVISOR)

    # The number is typed as the customer wrote it down.
    page = (await supervisor.post("/v1/recordings/search", json={"number": "040-765 4321"})).json()
    assert [item["id"] for item in page["items"]] == [str(call)]
    assert page["items"][0]["direction"] == "in"

    described = (await supervisor.get(f"/v1/recordings/{call}")).json()
    assert "verification" in {purpose["id"] for purpose in described["purposes"]}

    accesses = f"/v1/recordings/{call}/accesses"
    refused = await supervisor.post(accesses, json={"purpose": "curiosity", "reason": "I wonder."})
    assert (refused.status_code, refused.json()["clause"]["id"]) == (403, "purposes")
    opened = await supervisor.post(accesses, json={"purpose": "verification", "reason": "Claim 4711 is disputed."})
    assert opened.status_code == 201

    url = opened.json()["content_url"]
    size = int((await supervisor.request("HEAD", url)).headers["content-length"])
    middle = await supervisor.get(url, headers={"range": f"bytes={size // 2}-{size // 2 + 99}"})
    assert (middle.status_code, middle.content) == (206, SOUND[size // 2 : size // 2 + 100])
    assert (await supervisor.delete(f"/v1/accesses/{opened.json()['id']}")).status_code == 204
    assert (await supervisor.get(url)).status_code == 410

    acts = [(event["outcome"], event.get("purpose")) for event in await logged(house, "access.opened")]
    assert acts == [("refused", None), ("done", "verification")]
    (used,) = await logged(house, "access.used")
    assert (used["actor"], used["object"]) == (str(supervisor.id), str(call))
    everything = json.dumps([await logged(house, act) for act in ("recordings.searched", "access.opened")])
    assert "7654321" not in everything and "4711" not in everything
