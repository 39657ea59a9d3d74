"""What two persons of a controller order destroyed goes before its time, also from backups, and nothing else does."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import REASON, access, found, logged
from tests.destruction.aside import Aside, rows_of, stored
from tests.faults.fuse import Died, fused
from tests.world import As, House, World, wav
from vault.custody.keys import KeyringError, ShredKeyId
from vault.destruction.certificates import Certificate, verify_certificate
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out
from vault.reconciliation import copying, rounds

NUMBER = "+358501234567"
OTHER = "+358507654321"
WHY = "Matti Meikalainen asked for erasure."


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


async def ordered(house: House, **what: Any) -> dict[str, Any]:
    answer = await house.administrator.post("/v1/orders/destruction", json=what | {"reason": WHY})
    assert answer.status_code == 201, answer.text
    proposal: dict[str, Any] = answer.json()
    return proposal


async def approved(person: As, proposal: dict[str, Any]) -> dict[str, Any]:
    body = {"approve": True, "reason": "The request is checked."}
    answer = await person.post(f"/v1/proposals/{proposal['id']}/decision", json=body)
    assert answer.status_code == 200, answer.text
    decided: dict[str, Any] = answer.json()
    return decided


async def outcome(house: House, proposal: dict[str, Any]) -> dict[str, Any]:
    """What became of it once a worker has been at it."""
    assert await carry_out(house.world.custody, HANDLERS, house.tenant)
    seen: dict[str, Any] = (await house.administrator.get(f"/v1/proposals/{proposal['id']}")).json()
    return seen


async def certificate(house: House, destruction: str) -> Certificate:
    key = (await house.world.client.get("/v1/certificate-key")).content
    return verify_certificate((await house.administrator.get(f"/v1/certificates/{destruction}")).content, key)


async def hold(house: House, recording: UUID) -> None:
    supervisor = await house.person(Role.DPO)
    body = {"reason": "legal_claim", "note": "A claim is pending."}
    answer = await supervisor.post(f"/v1/recordings/{recording}/holds", json=body)
    assert answer.status_code == 201, answer.text


async def test_one_recording_goes_and_every_other_stays(world: World, house: House, second: As) -> None:
    sound = wav(0.4)
    gone, stays = await house.recording(), await house.recording(sound)
    await access(await house.person(Role.SUPERVISOR), gone)
    proposal = await ordered(house, recording=str(gone))
    assert proposal["effect"] == {"recordings": 1, "parts": 3, "ids": [str(gone)], "held": []}
    assert (await approved(second, proposal))["state"] == "approved"
    done = await outcome(house, proposal)
    assert (done["state"], done["outcome"]["recordings"], done["outcome"]["parts"]) == ("carried_out", 1, 3)
    assert not [version for version in await stored(house) if str(gone) in version.key]
    supervisor = await house.person(Role.SUPERVISOR)
    assert await found(supervisor, number=NUMBER) == [stays]
    opened = await access(supervisor, stays)
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).content == sound
    answer = await supervisor.post(f"/v1/recordings/{gone}/accesses", json={"purpose": "training", "reason": REASON})
    assert (answer.status_code, answer.json()["destruction"]) == (410, done["outcome"]["destruction"])
    assert "before its time" in answer.json()["detail"] and "clause" not in answer.json()


async def test_the_certificate_names_the_proposal_and_both_who_decided(world: World, house: House, second: As) -> None:
    gone = await house.recording()
    proposal = await ordered(house, recording=str(gone))
    await approved(second, proposal)
    done = await outcome(house, proposal)
    listed = (await house.administrator.get("/v1/destructions")).json()["items"]
    assert [(item["due"], item["done"]) for item in listed if item["reason"] == "order"] == [(3, 3)]
    proof = await certificate(house, done["outcome"]["destruction"])
    assert proof.reason == "order"
    assert (proof.destroyed.recordings, proof.destroyed.parts) == (1, 3)
    assert str(proof.decided.proposal) == proposal["id"]
    persons = [(person.id, person.act) for person in proof.decided.persons]
    assert persons == [(house.administrator.id, "proposed"), (second.id, "approved")]
    assert proof.key_destroyed_at <= proof.ciphertext_removed_at <= proof.completed_at
    assert len(await logged(house, "order.carried_out")) == 1


async def test_what_was_ordered_destroyed_opens_from_no_backup(world: World, house: House, second: As) -> None:
    gone = await house.recording()
    await house.recording()
    aside = await Aside.copy(house)
    proposal = await ordered(house, recording=str(gone))
    await approved(second, proposal)
    await outcome(house, proposal)
    await aside.put_back()
    supervisor = await house.person(Role.SUPERVISOR)
    assert await found(supervisor, number=NUMBER) == []
    for row in await rows_of(house, "part"):
        with pytest.raises(KeyringError):
            world.custody.keyring.find(ShredKeyId.parse(house.tenant, row["shred_key_id"]), now=world.now())


async def test_a_catalogue_restored_from_before_an_order_gets_what_stays_back_from_its_copies(
    world: World, house: House, second: As
) -> None:
    sound = wav(0.4)
    gone, stays = await house.recording(), await house.recording(sound)
    await copying.copy(world.custody, house.tenant)
    before = await Aside.copy(house)
    proposal = await ordered(house, recording=str(gone))
    await approved(second, proposal)
    await outcome(house, proposal)
    await copying.copy(world.custody, house.tenant)
    # The catalogue alone is restored; the store is as it is today.
    await Aside(house, before.rows, {}).put_back()
    await rounds.run(world.custody, house.tenant)
    supervisor = await house.person(Role.SUPERVISOR)
    assert await found(supervisor, number=NUMBER) == [stays]
    opened = await access(supervisor, stays)
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).content == sound
    rows = {UUID(row["recording_id"]): row["destroyed_at"] for row in await rows_of(house, "part")}
    assert rows[gone] is not None
    assert rows[stays] is None


async def test_killed_once_a_key_was_destroyed_it_is_noted_as_destroyed_all_the_same(
    world: World, house: House, second: As
) -> None:
    class Dying:
        """The keyring as it is, until it has destroyed a key."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.custody.keyring, name)

        def destroy_shred_key(self, key_id: ShredKeyId) -> None:
            world.custody.keyring.destroy_shred_key(key_id)
            raise Died

    dying: Any = Dying()
    await approved(second, await ordered(house, recording=str(await house.recording())))
    with pytest.raises(Died):
        await carry_out(replace(world.custody, keyring=dying), HANDLERS, house.tenant)
    assert await carry_out(world.custody, HANDLERS, house.tenant)
    retired = await rows_of(house, "retired_key")
    assert len(retired) == 2 and all(row["destroyed_at"] for row in retired)


async def test_all_of_one_data_subject_goes_and_who_is_held_is_named(world: World, house: House, second: As) -> None:
    theirs = [await house.recording() for _ in range(2)]
    held = await house.recording()
    others = await house.recording(contact={"caller_number": OTHER, "agent_id": "agent-2"})
    await hold(house, held)
    proposal = await ordered(house, subject={"number": "050 123 4567"})
    assert proposal["effect"] == {
        "recordings": 2,
        "parts": 6,
        "ids": sorted(map(str, theirs)),
        "held": [str(held)],
    }
    assert NUMBER[4:] not in str(await rows_of(house, "proposal"))
    await approved(second, proposal)
    done = await outcome(house, proposal)
    assert (done["outcome"]["recordings"], done["outcome"]["held"]) == (2, [str(held)])
    supervisor = await house.person(Role.SUPERVISOR)
    assert await found(supervisor, number=NUMBER) == [held]
    assert await found(supervisor, number=OTHER) == [others]
    opened = await access(supervisor, held)
    assert (await supervisor.get(f"/v1/accesses/{opened['id']}/content")).status_code == 200


async def test_a_held_recording_is_not_ordered_destroyed_nor_one_that_is_held_meanwhile(
    world: World, house: House, second: As
) -> None:
    held, later, at_last = [await house.recording() for _ in range(3)]
    await hold(house, held)
    refused = await house.administrator.post("/v1/orders/destruction", json={"recording": str(held), "reason": WHY})
    assert (refused.status_code, refused.json()["held"]) == (409, [str(held)])
    proposal = await ordered(house, recording=str(later))
    await hold(house, later)
    body = {"approve": True, "reason": "The request is checked."}
    assert (await second.post(f"/v1/proposals/{proposal['id']}/decision", json=body)).status_code == 409
    proposal = await ordered(house, recording=str(at_last))
    await approved(second, proposal)
    await hold(house, at_last)
    assert (await outcome(house, proposal))["state"] == "refused"
    assert {row["destroyed_at"] for row in await rows_of(house, "recording")} == {None}


async def test_killed_at_every_call_it_goes_on_to_one_certificate(world: World, house: House, second: As) -> None:
    gone = [await house.recording() for _ in range(2)]
    proposal = await ordered(house, subject={"number": NUMBER})
    await approved(second, proposal)
    stays = await house.recording()
    # What came after the decision is of the same data subject: the order concerns what there is when it is carried out.
    deaths, finished = 0, False
    while not finished:
        try:
            finished = await carry_out(fused(world.custody, deaths + 1), HANDLERS, house.tenant)
        except Died:
            deaths += 1
    assert deaths > 10
    done = (await house.administrator.get(f"/v1/proposals/{proposal['id']}")).json()
    assert done["outcome"]["recordings"] == len([*gone, stays])
    page = (await house.administrator.get("/v1/certificates")).json()
    assert [item["reason"] for item in page["items"]] == ["order"]
    assert (await certificate(house, done["outcome"]["destruction"])).destroyed.recordings == 3


async def test_an_order_that_names_nothing_or_nobody_is_refused(house: House) -> None:
    ask = house.administrator.post
    for body, status in (
        ({"reason": WHY}, 422),
        ({"reason": WHY, "recording": str(uuid4())}, 404),
        ({"reason": WHY, "subject": {}}, 422),
        ({"reason": WHY, "subject": {"number": "x"}}, 422),
        ({"reason": WHY, "subject": {"number": "+358401112223"}}, 409),
        ({"reason": WHY, "subject": {"agent_id": "nobody"}}, 409),
        ({"reason": WHY, "recording": str(uuid4()), "subject": {"number": NUMBER}}, 422),
    ):
        assert (await ask("/v1/orders/destruction", json=body)).status_code == status, body


async def test_neither_operators_nor_supervisors_order(world: World, house: House) -> None:
    recording = await house.recording()
    for person in (await world.operator(), await house.person(Role.SUPERVISOR)):
        answer = await person.post("/v1/orders/destruction", json={"recording": str(recording), "reason": WHY})
        assert answer.status_code == 403
