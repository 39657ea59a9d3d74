"""A catalogue that was restored or made anew goes on with the log that was signed, and signs no other of its size."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pyrage
import pytest
from structlog.testing import capture_logs

from infra.embedded import Stack
from tests.auditing.test_log_files import files_of, newest, owner_of
from tests.builders import logged
from tests.journeys.test_restored import command
from tests.worker.apart import Apart, a_vault_apart
from tests.world import House
from vault.auditing import copying, signing, standing, taking_back
from vault.auditing.checkpoint_notes import Checkpoint
from vault.auditing.signing import LogAltered
from vault.auditing.verifying import verify
from vault.custody import audit, log_standing
from vault.custody.database import tenant_scope
from vault.custody.log_standing import Standing
from vault.reconciliation import tenancies

KEEPER = pyrage.x25519.Identity.generate()


@pytest.fixture(scope="module")
async def apart(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apart]:
    async with a_vault_apart(running_stack, "taken-back", tmp_path_factory.mktemp("taken-back")) as vault:
        await copying.begin(vault.world.custody)
        yield vault


async def happen(house: House, count: int) -> None:
    async with tenant_scope(house.tenant):
        for _ in range(count):
            event = audit.Event(act="access.ended", actor=house.administrator.id, object_id=uuid4())
            await audit.record(house.tenant, event, now=house.world.now())


async def signed_and_copied(house: House) -> Checkpoint:
    async with tenant_scope(house.tenant):
        checkpoint = await signing.sign(house.world.custody, house.tenant)
    assert await copying.copy(house.world.custody, house.tenant) > 0
    return checkpoint


async def shown_to_follow(house: House, kept: Checkpoint) -> Checkpoint:
    """Whoever kept a checkpoint verifies by the log's files that it goes on from there."""
    now = await newest(house)
    assert verify(await files_of(house, now.tree.size), kept, now).since == kept.tree.size
    return now


@dataclass
class Backup:
    """A dump of the catalogue, and how it is put back."""

    apart: Apart
    folder: Path

    async def take(self) -> None:
        (self.folder / "identity").write_text(str(KEEPER))
        recipient = str(KEEPER.to_public())
        await command(self.apart, "backup", "catalogue", self.folder / "dump", "--recipient", recipient, "--json")

    async def put_back(self) -> dict[str, int]:
        """Of each controller how many events were taken back."""
        words = ("restore", "catalogue", self.folder / "dump", "--identity", self.folder / "identity", "--replace")
        answer = await command(self.apart, *words, "--json")
        return {item["slug"]: item["log_taken_back"] for item in answer["controllers"]}


@pytest.fixture
def backup(apart: Apart, tmp_path: Path) -> Backup:
    return Backup(apart, tmp_path)


async def test_a_restored_log_goes_on_from_what_was_signed_since_the_backup(apart: Apart, backup: Backup) -> None:
    house = await apart.world.house("prh")
    await happen(house, 20)
    before = await signed_and_copied(house)
    await happen(house, 3)  # they wait when the backup is taken, and are sealed after
    await backup.take()
    async with apart.world.later(timedelta(minutes=2)):
        await happen(house, 300)
        kept = await signed_and_copied(house)
        await happen(house, 1)  # and this was never copied: it is gone
        assert (await backup.put_back())[house.slug] == kept.tree.size - before.tree.size
        now = await shown_to_follow(house, kept)
        assert now.tree.size > kept.tree.size
        (event,) = await logged(house, "log.taken_back")
        assert event["details"] == {"events": kept.tree.size - before.tree.size, "size": kept.tree.size}
        assert len(await logged(house, "access.ended")) == 323, "none twice, none missing of what was copied"
        await shown_to_follow(house, before)
        assert (await backup.put_back())[house.slug] == kept.tree.size - before.tree.size, "and again"
        await shown_to_follow(house, kept)


async def test_a_log_is_made_anew_with_the_catalogue(apart: Apart) -> None:
    house = await apart.world.house("prh")
    await tenancies.copy(apart.world.custody, house.tenant)
    await happen(house, 600)
    kept = await signed_and_copied(house)
    async with tenant_scope(house.tenant):
        told = await audit.page(house.tenant, after=0, limit=1000)
    owner = await asyncpg.connect(str(apart.world.settings.owner_database_url))
    await owner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    await owner.close()
    (said,) = [
        item for item in (await command(apart, "rebuild", "--json"))["controllers"] if item["slug"] == house.slug
    ]
    assert said["log_taken_back"] == kept.tree.size
    async with tenant_scope(house.tenant):
        now = await audit.page(house.tenant, after=0, limit=1000)
        checkpoint = await signing.sign(apart.world.custody, house.tenant)
    assert now[: len(told)] == told
    assert audit.verify(now).hash == checkpoint.tree.root
    apart.world.operators.clear()
    await apart.world.begin()


async def lose_the_tail(house: House, size: int) -> None:
    """What a catalogue is like that was put back by other means than the vault's."""
    async with owner_of(house, "audit_copied") as owner:
        for table, what in (("audit_event", "seq"), ("audit_checkpoint", "size"), ("audit_copied", "size")):
            sql = f"DELETE FROM {table} WHERE tenant_id = $1 AND {what} > $2"  # noqa: S608 - words of ours
            await owner.execute(sql, house.tenant, size)
        await owner.execute(
            "DELETE FROM audit_node WHERE tenant_id = $1 AND (index + 1) * 256 > $2", house.tenant, size
        )
        await owner.execute("UPDATE audit_head SET seq = $2 WHERE tenant_id = $1", house.tenant, size)


async def health(apart: Apart) -> str:
    answer: httpx.Response = await apart.world.client.get("/v1/health")
    return str(answer.json()["status"])


async def test_a_catalogue_behind_its_copy_seals_and_signs_nothing_and_says_so(apart: Apart) -> None:
    house, custody = await apart.world.house("prh"), apart.world.custody
    await happen(house, 300)
    kept = await signed_and_copied(house)
    await lose_the_tail(house, 5)
    with capture_logs() as lines:
        await standing.compare_all(custody)  # what a worker does that begins to lead
    assert "log.behind" in {line["event"] for line in lines}
    assert await health(apart) == "log_behind"
    await happen(house, 2)
    with pytest.raises(LogAltered):
        async with tenant_scope(house.tenant):
            await signing.sign(custody, house.tenant)
    answer = await house.administrator.get(f"/v1/logs/{house.tenant}/checkpoint")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:recording-vault:problem:altered")
    async with tenant_scope(house.tenant):
        assert len(await audit.page(house.tenant, after=0, limit=1000)) == 5, "what happens waits"
    said = (await command(apart, "restore", "afterwards", "--json"))["controllers"]
    assert {item["slug"]: item["log_taken_back"] for item in said}[house.slug] == kept.tree.size - 5
    assert await health(apart) == "ok"
    await shown_to_follow(house, kept)
    assert len(await logged(house, "access.ended")) == 302


async def test_what_one_log_lacks_is_taken_back_once(apart: Apart) -> None:
    house, custody = await apart.world.house("prh"), apart.world.custody
    await happen(house, 300)
    kept = await signed_and_copied(house)
    await lose_the_tail(house, 5)
    assert await taking_back.take_back(custody, house.tenant) == kept.tree.size - 5
    assert await taking_back.take_back(custody, house.tenant) == 0
    assert await standing.compare(custody, house.tenant) is Standing.GOOD
    await shown_to_follow(house, kept)


async def test_nothing_is_taken_back_that_was_not_signed_for(apart: Apart) -> None:
    house, custody = await apart.world.house("prh"), apart.world.custody
    bucket, until = copying.bucket_of(custody), apart.world.now() + timedelta(minutes=1)
    await happen(house, 300)
    kept = await signed_and_copied(house)
    own = await custody.objects.get_locked(bucket, f"{house.tenant}/tile/entries/000")
    await lose_the_tail(house, 5)
    # Whoever can write there can put something above what is locked.
    await custody.objects.put_locked(bucket, f"{house.tenant}/checkpoint", b"no note", until)
    await custody.objects.put_locked(bucket, f"{house.tenant}/tile/entries/000", own.replace(b"done", b"gone"), until)
    said = (await command(apart, "restore", "afterwards", "--json"))["controllers"]
    (refused,) = [item for item in said if item["slug"] == house.slug]
    assert (refused["log_taken_back"], refused["contract"]) == (0, "not looked at, since its log is refused")
    assert await health(apart) == "log_behind"
    await custody.objects.put_locked(bucket, f"{house.tenant}/tile/entries/000", own, until)
    await command(apart, "restore", "afterwards", "--json")
    await shown_to_follow(house, kept)
    assert await health(apart) == "ok"


async def test_a_log_whose_copy_is_anothers_is_refused(apart: Apart) -> None:
    house, custody = await apart.world.house("prh"), apart.world.custody
    until = apart.world.now() + timedelta(minutes=1)
    await custody.objects.put_locked(copying.bucket_of(custody), f"{house.tenant}/checkpoint", b"no note", until)
    await standing.compare(custody, house.tenant)
    assert await health(apart) == "log_behind"
    async with tenant_scope(house.tenant):
        await log_standing.note(house.tenant, Standing.UNKNOWN)
    answer = await house.administrator.get(f"/v1/logs/{house.tenant}/checkpoint")
    assert answer.status_code == 503, "it is not known yet which log this is"
    async with tenant_scope(house.tenant):  # the test's own forgery must refuse no other test's log
        await log_standing.note(house.tenant, Standing.GOOD)
