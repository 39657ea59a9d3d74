"""The log is served as files of c2sp.org's formats to whoever reads it, and is found out if its owner changes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tenants.vocabulary import Role
from tests.auditing.logs import Memory
from tests.world import House, World
from vault.auditing import signing
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.notes import COSIGNATURE, Note, Signature, Verifier
from vault.auditing.proofs import Inclusion, read_hashes
from vault.auditing.signing import LogAltered
from vault.auditing.tiles import tiles
from vault.auditing.verifying import LogForged, verify
from vault.auditing.witnesses import cosigned
from vault.custody import audit, tree
from vault.custody.audit import LogBroken
from vault.custody.database import PLATFORM, tenant_scope


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def happened(house: House, count: int) -> None:
    """So many events, in one transaction."""
    async with tenant_scope(house.tenant):
        for _ in range(count):
            event = audit.Event(act="access.ended", actor=house.administrator.id, object_id=uuid4())
            await audit.record(house.tenant, event, now=house.world.now())


async def verifier_of(house: House) -> Verifier:
    return Verifier.read((await house.world.client.get(f"/v1/logs/{house.tenant}/key")).text)


async def newest(house: House) -> Checkpoint:
    answer = await house.administrator.get(f"/v1/logs/{house.tenant}/checkpoint")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8"), answer.text
    return Checkpoint.read(answer.text, await verifier_of(house))


async def files_of(house: House, size: int) -> Memory:
    """Every file of the log at a size, over HTTP."""
    found = Memory()
    for tile in tiles(size):
        answer = await house.administrator.get(f"/v1/logs/{house.tenant}/{tile.path}")
        if answer.status_code not in (404, 410, 500):
            assert answer.headers["content-type"] == "application/octet-stream"
            assert "immutable" in answer.headers["cache-control"]
            found.files[tile.path] = answer.content
    return found


async def test_a_log_is_fetched_and_verified_by_its_files_alone(house: House) -> None:
    await happened(house, 3)
    before = await newest(house)
    await happened(house, 600)
    now = await newest(house)
    assert now.tree.size >= before.tree.size + 600
    done = verify(await files_of(house, now.tree.size), before, now)
    assert (done.since, done.until, done.entries) == (before.tree.size, now.tree.size, now.tree.size)


async def test_an_event_is_proven_to_whoever_has_the_logs_key_alone(house: House) -> None:
    await happened(house, 1)
    (event, *_) = (await house.administrator.get("/v1/audit/events?after=2&limit=1")).json()["items"]
    text = (await house.administrator.get("/v1/audit/events/3/proof")).text
    proof = Inclusion.read(text)
    proof.verify(event["body"].encode(), await verifier_of(house))
    assert (await house.administrator.get("/v1/audit/events/99999/proof")).status_code == 404


async def test_a_checkpoint_is_proven_to_follow_from_an_older_one_in_the_words_of_a_witness(house: House) -> None:
    before = await newest(house)
    await happened(house, 5)
    url = f"/v1/logs/{house.tenant}/consistency?old={before.tree.size}"
    said, checkpoint = (await house.administrator.get(url)).text.split("\n\n", 1)
    old, *lines = said.split("\n")
    now = Checkpoint.read(checkpoint, await verifier_of(house)).tree
    assert old == f"old {before.tree.size}"
    tree.check_consistency(before.tree.size, before.tree.root, now.size, now.root, read_hashes(lines))
    assert (await house.administrator.get(f"/v1/logs/{house.tenant}/consistency?old=999999")).status_code == 404


async def test_a_witness_cosigns_and_its_signature_is_handed_on(house: House) -> None:
    key, logs = Ed25519PrivateKey.generate(), f"/v1/logs/{house.tenant}"
    witness = Verifier("witness.example/w1", key.public_key().public_bytes_raw(), COSIGNATURE)
    registered = await house.administrator.post(f"{logs}/witnesses", json={"vkey": str(witness)})
    assert registered.status_code == 201, registered.text
    checkpoint = await newest(house)
    seconds = int(house.world.now().timestamp())
    value = seconds.to_bytes(8, "big") + key.sign(cosigned(checkpoint.note.text, seconds))
    line = str(Signature(witness.name, witness.key_id, value))
    body = {"size": checkpoint.tree.size, "cosignature": line}
    assert (await house.administrator.post(f"{logs}/cosignatures", json=body)).status_code == 201
    note = Note.read((await house.administrator.get(f"{logs}/checkpoint?cosigned=true")).text)
    assert [str(signature) for signature in note.signatures][1:] == [line]
    forged = body | {"cosignature": str(Signature(witness.name, witness.key_id, bytes(72)))}
    ahead = (seconds + 3600).to_bytes(8, "big") + key.sign(cosigned(checkpoint.note.text, seconds + 3600))
    to_come = body | {"cosignature": str(Signature(witness.name, witness.key_id, ahead))}
    for wrong in (forged, to_come):
        assert (await house.administrator.post(f"{logs}/cosignatures", json=wrong)).status_code == 422
    url = f"{logs}/witnesses/{registered.json()['id']}"
    assert (await (await house.person(Role.DPO)).delete(url)).status_code == 403
    assert (await house.administrator.delete(url)).status_code == 204
    assert (await house.administrator.delete(url)).status_code == 404
    assert (await house.administrator.post(f"{logs}/cosignatures", json=body)).status_code == 422
    assert (await house.administrator.post(f"{logs}/witnesses", json={"vkey": "none"})).status_code == 422
    (listed,) = (await house.administrator.get(f"{logs}/witnesses")).json()["items"]
    assert listed["ended_at"] is not None


async def test_the_platforms_log_is_its_operators_and_nobody_elses(world: World, house: House) -> None:
    operator = await world.operator()
    assert (await operator.get(f"/v1/logs/{PLATFORM}/checkpoint")).status_code == 200
    assert (await operator.get(f"/v1/logs/{house.tenant}/checkpoint")).status_code == 404
    assert (await house.administrator.get(f"/v1/logs/{PLATFORM}/checkpoint")).status_code == 404
    assert (await (await house.person(Role.SUPERVISOR)).get(f"/v1/logs/{house.tenant}/checkpoint")).status_code == 403


async def test_what_is_erased_is_gone_and_every_checkpoint_still_verifies(world: World) -> None:
    house = await world.house("prh")
    await happened(house, 300)
    before = await newest(house)
    async with tenant_scope(house.tenant):
        assert await audit.erase(house.tenant, house.world.now(), limit=10) == 10
        assert await audit.erase(house.tenant, house.world.now()) == before.tree.size - 10
        assert await audit.erase(house.tenant, house.world.now()) == 0
    await happened(house, 300)
    now = await newest(house)
    done = verify(await files_of(house, now.tree.size), before, now)
    assert done.erased >= 256
    (first,) = (await house.administrator.get("/v1/audit/events?limit=1")).json()["items"]
    assert first["body"] is None
    events = (await house.administrator.get("/v1/audit/events?limit=1000")).json()["items"]
    assert audit.verify(events).hash == now.tree.root
    for wrong, seq in ((events[:299] + events[300:], 300), ([*events[:-1], events[-1] | {"body": "{}"}], len(events))):
        with pytest.raises(LogBroken) as broken:
            audit.verify(wrong)
        assert broken.value.seq == seq


@asynccontextmanager
async def owner_of(house: House, *further: str) -> AsyncIterator[asyncpg.Connection]:
    """The database's owner, who takes away whatever stands in the way."""
    owner = await asyncpg.connect(house.world.settings.owner_database_url)
    tables = ("audit_event", "audit_node", "audit_head", "audit_checkpoint", *further)
    try:
        async with owner.transaction():
            for table in tables:
                await owner.execute(
                    f"ALTER TABLE {table} DISABLE TRIGGER USER; ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
                )
            yield owner
            for table in tables:
                await owner.execute(
                    f"ALTER TABLE {table} ENABLE TRIGGER USER; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
                )
    finally:
        await owner.close()


LEAF = "sha256('\\x00'::bytea || convert_to(body, 'UTF8'))"
FORGERIES = {
    "altered, its words alone": ("UPDATE audit_event SET body = replace(body, 'done', 'never') {one}", 20),
    "altered, with its hash": (
        "UPDATE audit_event SET body = replace(body, 'done', 'never') {one};"  # noqa: S608 - our own words
        f" UPDATE audit_event SET leaf_hash = {LEAF} {{one}}",
        20,
    ),
    "removed": ("DELETE FROM audit_event {one}; UPDATE audit_event SET seq = -seq {later}; {back}", 20),
    "inserted": (
        "UPDATE audit_event SET seq = -seq - 2 {from}; UPDATE audit_event SET seq = -seq - 1 {negative};"
        " INSERT INTO audit_event SELECT tenant_id, 20, at, act, object_id, '{{}}',"
        " sha256('\\x00'::bytea || '{{}}') FROM audit_event {first}",
        20,
    ),
    "reordered": (
        "UPDATE audit_event SET seq = -seq {one}; UPDATE audit_event SET seq = 20 {next};"
        " UPDATE audit_event SET seq = 21 {negative}",
        20,
    ),
    "tail dropped": ("DELETE FROM audit_event {last}; UPDATE audit_head SET seq = 29 {whose}", 30),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_malicious_owner_is_found_out(world: World, forgery: str) -> None:
    """By whoever kept a copy and its checkpoint; and the vault itself signs such a log no more."""
    house = await world.house("prh")
    await happened(house, 300)
    before = await newest(house)
    kept = await files_of(house, before.tree.size)
    sql, first = FORGERIES[forgery]
    whose = f"WHERE tenant_id = '{house.tenant}'"
    words = {
        "one": f"{whose} AND seq = 20",
        "next": f"{whose} AND seq = 21",
        "later": f"{whose} AND seq > 20",
        "from": f"{whose} AND seq >= 20",
        "last": f"{whose} AND seq > 29",
        "first": f"{whose} AND seq = 1",
        "negative": f"{whose} AND seq < 0",
        "whose": whose,
        "back": f"UPDATE audit_event SET seq = -seq - 1 {whose} AND seq < 0;"  # noqa: S608 - our own words
        f" UPDATE audit_head SET seq = (SELECT max(seq) FROM audit_event {whose}) {whose}",
    }
    async with owner_of(house) as owner:
        await owner.execute(sql.format(**words))
        # And everything that could show it is made anew, but for what only the log's key can make.
        size = await owner.fetchval(f"SELECT max(seq) FROM audit_event {whose}")  # noqa: S608 - our own words
        await owner.execute(f"DELETE FROM audit_checkpoint {whose}; DELETE FROM audit_node {whose}")  # noqa: S608 - our own words
        if size >= 256:
            rows = await owner.fetch(f"SELECT leaf_hash FROM audit_event {whose} AND seq <= 256 ORDER BY seq")  # noqa: S608 - our own words
            root = tree.tile_root([row["leaf_hash"] for row in rows])
            await owner.execute("INSERT INTO audit_node VALUES ($1, 1, 0, $2)", house.tenant, root)
    now = await newest(house)
    files = await files_of(house, now.tree.size)
    with pytest.raises(LogForged) as found:
        verify(files, before, now, kept=kept)
    assert found.value.seq == first


async def test_a_log_that_was_altered_is_not_signed_for(world: World) -> None:
    house = await world.house("prh")
    await happened(house, 20)
    await newest(house)
    async with owner_of(house) as owner:
        await owner.execute(f"UPDATE audit_event SET leaf_hash = '' WHERE tenant_id = '{house.tenant}' AND seq = 5")  # noqa: S608 - our own words
    answer = await house.administrator.get(f"/v1/logs/{house.tenant}/checkpoint")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:recording-vault:problem:altered")
    with pytest.raises(LogAltered):
        async with tenant_scope(house.tenant):
            await signing.sign(world.custody, house.tenant)
    await happened(house, 1)
    assert house.tenant in await signing.unsigned()
    other = await world.house("prh")
    await happened(other, 1)
    await signing.sign_all(world.custody)
    assert other.tenant not in await signing.unsigned(), "one log holds up no other"
