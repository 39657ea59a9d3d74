""" "Was mine destroyed?" is answered for one recording, and whoever asks can check the answer alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec import structs

from tenants.vocabulary import Role
from tests.destruction.aside import rows_of
from tests.world import House, World
from vault.destruction.certificates import Certificate, verify_certificate
from vault.destruction.contract_end import advance
from vault.destruction.expiry import expire
from vault.destruction.proof_files import Proof, ProofInvalid, verify_proof

SEVEN_MONTHS = timedelta(days=215)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def gone(world: World, house: House) -> list[UUID]:
    """Five recordings whose audio has expired."""
    recordings = [await house.recording() for _ in range(5)]
    async with world.later(SEVEN_MONTHS):
        await expire(world.custody, house.tenant, world.now())
    return recordings


async def certificate(house: House) -> Certificate:
    """The controller's one certificate, verified."""
    (listed,) = (await house.administrator.get("/v1/certificates")).json()["items"]
    key = (await house.world.client.get("/v1/certificate-key")).content
    return verify_certificate((await house.administrator.get(f"/v1/certificates/{listed['id']}")).content, key)


async def proof(house: House, recording: UUID) -> bytes:
    """The proof for one recording, as a file."""
    id_ = (await certificate(house)).id
    answer = await house.administrator.get(f"/v1/destructions/{id_}/leaves/{recording}")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_each_recording_is_proven_without_showing_another(house: House, gone: list[UUID]) -> None:
    for recording in gone:
        content = await proof(house, recording)
        proven = verify_proof(content, await certificate(house))
        assert (proven.recording, len(proven.leaves), proven.tree_size) == (recording, 2, 10)
        assert not [other for other in gone if other != recording and str(other).encode() in content]


async def test_the_recording_alone_leads_to_its_proofs(house: House, gone: list[UUID]) -> None:
    answer = await house.administrator.get(f"/v1/recordings/{gone[0]}/destruction-proof")
    assert answer.json()["recording"] == str(gone[0])
    (found,) = answer.json()["proofs"]
    verify_proof(msgspec.json.encode(found), await certificate(house))


async def test_a_recording_that_stands_or_is_nobodys_or_anothers_is_unknown(
    world: World, house: House, gone: list[UUID]
) -> None:
    other = await world.house("prh")
    for recording in (await other.recording(), uuid4()):
        assert (await other.administrator.get(f"/v1/recordings/{recording}/destruction-proof")).status_code == 404
    id_ = (await certificate(house)).id
    for url in (f"/v1/recordings/{gone[0]}/destruction-proof", f"/v1/destructions/{id_}/leaves/{gone[0]}"):
        assert (await other.administrator.get(url)).status_code == 404
        assert (await (await world.operator()).get(url)).status_code == 404
        assert (await (await house.person(Role.SUPERVISOR)).get(url)).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"recording": uuid4()},
        {"destruction": uuid4()},
        {"merkle_root": "ab" * 32},
        {"tree_size": 11},
        {"leaves": ()},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_proof_of_something_else_proves_nothing(house: House, gone: list[UUID], change: dict[str, Any]) -> None:
    true = msgspec.json.decode(await proof(house, gone[0]), type=Proof)
    with pytest.raises(ProofInvalid):
        verify_proof(msgspec.json.encode(structs.replace(true, **change)), await certificate(house))


async def test_a_leaf_with_another_hash_or_way_proves_nothing(house: House, gone: list[UUID]) -> None:
    true = msgspec.json.decode(await proof(house, gone[0]), type=Proof)
    leaf = true.leaves[0]
    for other in (
        structs.replace(leaf, leaf=leaf.leaf.replace('"part":"', '"part": "')),
        structs.replace(leaf, leaf="{}"),
        structs.replace(leaf, index=leaf.index + 1),
        structs.replace(leaf, path=leaf.path[1:]),
        structs.replace(leaf, path=("no hash", *leaf.path[1:])),
    ):
        with pytest.raises(ProofInvalid):
            verify_proof(msgspec.json.encode(structs.replace(true, leaves=(other,))), await certificate(house))
    with pytest.raises(ProofInvalid):
        verify_proof(b"{}", await certificate(house))


async def test_leaves_outlive_the_contract_and_prove_to_whoever_asks_the_firm(world: World) -> None:
    house = await world.house("kaiku24")
    recording = await house.recording(contact={"customer_number": "+358501234567"})
    async with world.later(timedelta(days=2001)):
        await advance(world.custody, house.tenant, world.now())
        operator = await world.operator()
        (found,) = (await operator.get(f"/v1/recordings/{recording}/destruction-proof")).json()["proofs"]
        file = await operator.get(f"/v1/certificates/{found['destruction']}")
    key = (await world.client.get("/v1/certificate-key")).content
    proven = verify_proof(msgspec.json.encode(found), verify_certificate(file.content, key))
    assert len(proven.leaves) == 3
    assert await rows_of(house, "part") == []
    assert len(await rows_of(house, "leaf")) == 3
