"""What must hold after any kills: looked at over HTTP, in the store, in the keyring and in the catalogue."""

import hashlib
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tenants.vocabulary import Role
from tests.builders import access
from tests.destruction.aside import rows_of
from tests.faults.decided import Decided
from tests.faults.evidence import Evidence
from tests.faults.ledger import Book, Copy, Report
from tests.world import World
from vault.assembly import open_keyring
from vault.custody import audit
from vault.custody.database import tenant_scope
from vault.custody.keys import Keyring, KeyringError, ShredKeyId
from vault.custody.sealed import Place, SealedInvalid, open_sealed
from vault.destruction.verifying import HOLDS_RECORDINGS

HEARD_EACH: Final = 4
"""Recordings of a controller that are listened to over HTTP at each check."""

COPIES: Final = ("/record", "/tenancy")
"""The last word of the names of what the catalogue's rows are copied to."""

UUIDS: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Row = dict[str, Any]


@dataclass
class Checker:
    """Compares the vault with the books; what differs is a violation."""

    world: World
    report: Report
    dice: random.Random
    digests: dict[UUID, bytes] = field(default_factory=dict)
    """What each part was when it was first opened."""

    async def check(self, book: Book) -> None:
        """Everything of one controller whose due things are done."""
        self.report.checked["controllers"] += 1
        if book.ended:
            await self._check_ended(book)
            return
        now = self.world.now()
        parts, recordings, uploads = [await rows_of(book.house, name) for name in ("part", "recording", "upload")]
        self._check_recordings(book, recordings, parts)
        await self._check_store(book, parts, {UUID(row["id"]) for row in uploads})
        for part in parts:
            await self._check_part(book, part, now)
        evidence = Evidence(self.world, self.report)
        await evidence.check_certificates(book, parts, recordings)
        await evidence.check_log(book)
        await Decided(self.report).check(book, parts, recordings, now)
        await self._listen(book, parts)

    async def check_kept_after_end(self, book: Book) -> None:
        """After a contract what is held stands and opens, and nothing else stands."""
        standing = [part for part in await rows_of(book.house, "part") if part["destroyed_at"] is None]
        certain = {keep.recording for keep in book.keeps if keep.since and not keep.until}
        there = {UUID(part["recording_id"]) for part in standing}
        for recording in certain - there:
            self._violated(book, f"recording {recording} was held at the contract's end, and is gone")
        for recording in there:
            if not book.may_stand(recording):
                self._violated(book, f"recording {recording} stands after the contract's end, and nothing holds it")
        for part in standing:
            await self._check_standing(book, part, f"{part['name']} of {part['recording_id']}", self.world.now())
        self.report.checked["kept after a contract"] += len(there)

    def _violated(self, book: Book, sentence: str) -> None:
        book.violated(self.report, sentence)

    def _check_recordings(self, book: Book, recordings: list[Row], parts: list[Row]) -> None:
        """Each that was acknowledged is there once and whole, and nothing is there that nobody delivered."""
        there = {UUID(row["id"]) for row in recordings}
        acknowledged = [one.recording for one in book.acknowledged if one.recording]
        for recording, times in Counter(acknowledged).items():
            if recording not in there:
                self._violated(book, f"the acknowledged recording {recording} is not in the catalogue")
            if times > 1:
                self._violated(book, f"{times} sources were acknowledged as recording {recording}")
        if len(there) > len(book.delivered):
            self._violated(book, f"{len(there)} recordings came of {len(book.delivered)} sources")
        calls = {one.recording for one in book.acknowledged if one.is_call}
        for recording in there:
            names = {part["name"] for part in parts if part["recording_id"] == str(recording)}
            book.parts[recording] = len(names)
            if not names >= ({"content", "contact", "peaks"} if recording in calls else {"content", "contact"}):
                self._violated(book, f"recording {recording} has the parts {sorted(names)}")
        self.report.checked["recordings"] += len(there)

    async def _check_store(self, book: Book, parts: list[Row], uploads: set[UUID]) -> None:
        """An object for each part that should have one, and no other but of uploads that are still to be swept."""
        listed = {(one.key, one.version_id) async for one in self.world.custody.objects.versions(book.bucket)}
        standing = [part for part in parts if part["destroyed_at"] is None and part["object_version"]]
        wanted = {(part["object_key"], part["object_version"]) for part in standing}
        for key, _ in wanted - listed:
            self._violated(book, f"the object {key} of a standing part is not in the store")
        keys = {key for key, _ in wanted}
        # Copies of rows lie beside what they are of.
        copied = {book.house.tenant, *(UUID(part["recording_id"]) for part in parts if part["destroyed_at"] is None)}
        for key, version in listed - wanted:
            of = {UUID(text) for text in UUIDS.findall(key)}
            # Where the store's answer was lost an object lies beside the one that counts, and goes with it.
            if key in keys or of & uploads or (key.endswith(COPIES) and of & copied):
                continue
            self._violated(book, f"the store holds {key} ({version}), which nothing in the catalogue speaks of")
        self.report.checked["objects"] += len(listed)

    async def _check_part(self, book: Book, part: Row, now: datetime) -> None:
        day = _moment(part["destroy_at"])
        due = day is not None and day <= now
        name = f"{part['name']} of {part['recording_id']}"
        if part["destroyed_at"] is not None:
            self._check_destroyed(book, part, name)
        elif due and not book.may_stand(UUID(part["recording_id"])):
            self._violated(book, f"{name} stands though its day has come, and nothing keeps it")
        else:
            await self._check_standing(book, part, name, now)
        self.report.checked["parts"] += 1

    def _check_destroyed(self, book: Book, part: Row, name: str) -> None:
        """It was due, nothing of it is left, and a copy of what it was does not open."""
        destroyed_at, day = datetime.fromisoformat(part["destroyed_at"]), _moment(part["destroy_at"])
        early = day is None or day > destroyed_at
        if early and not book.may_go(UUID(part["recording_id"]), destroyed_at):
            self._violated(book, f"{name} was destroyed at {destroyed_at}, before its day {day}")
        if early or day is None:
            day = destroyed_at
        if any(k.covers(day, destroyed_at) for k in book.keeps if str(k.recording) == part["recording_id"]):
            self._violated(book, f"{name} was destroyed while it was held")
        if part["wrapped_key"] is not None or part["sealed"] is not None:
            self._violated(book, f"{name} is destroyed, and its row still holds what could open it")
        for (of, _), copy in book.copies.items():
            if str(of) == part["id"]:
                self._attack(book, copy, name)

    async def _check_standing(self, book: Book, part: Row, name: str, now: datetime) -> None:
        """It opens, to the same bytes as ever, and content to what was delivered; a copy is put aside."""
        try:
            content = await self._open(book, part, now)
        except (KeyringError, SealedInvalid) as error:
            self._violated(book, f"{name} stands and does not open ({type(error).__name__})")
            return
        digest = hashlib.sha256(content).digest()
        if self.digests.setdefault(UUID(part["id"]), digest) != digest:
            self._violated(book, f"{name} is not what it was")
        delivered = {one.recording: one.content for one in book.acknowledged if one.is_call}
        if part["name"] == "content" and delivered.get(UUID(part["recording_id"]), content) != content:
            self._violated(book, f"{name} is not what was delivered")
        day = _moment(part["destroy_at"])
        before = book.days.get(UUID(part["id"]), day)
        if before != day and not book.may_move(before, day):
            self._violated(book, f"the day of {name} moved from {before} to {day}")
        book.days[UUID(part["id"])] = day
        for key_id, wrapped in _wraps(part):
            copy = Copy(key_id, wrapped, UUID(part["recording_id"]), part["name"], now)
            book.copies.setdefault((UUID(part["id"]), key_id), copy)

    async def _open(self, book: Book, part: Row, now: datetime) -> bytes:
        sealed = _bytes(part["sealed"])
        if part["object_version"]:
            objects = self.world.custody.objects
            sealed = await objects.get_all(book.bucket, part["object_key"], part["object_version"])
        if hashlib.sha256(sealed).hexdigest() != part["sealed_sha256"].removeprefix("\\x"):
            raise SealedInvalid("These are not the bytes that were stored.")
        key_id, wrapped = _wraps(part)[-1]
        place = Place(book.house.tenant, UUID(part["recording_id"]), part["name"], 1)
        key = self._keyring().find(ShredKeyId.parse(book.house.tenant, key_id), now=now)
        return open_sealed(key.unwrap(wrapped, place), place, sealed)

    def _attack(self, book: Book, copy: Copy, name: str) -> None:
        """Try to open a copy from before, by a clock from before."""
        place = Place(book.house.tenant, copy.recording, copy.name, 1)
        try:
            key = self._keyring().find(ShredKeyId.parse(book.house.tenant, copy.key_id), now=copy.taken_at)
            key.unwrap(copy.wrapped_key, place)
        except (KeyringError, SealedInvalid):
            self.report.checked["copies that do not open"] += 1
        else:
            self._violated(book, f"{name} is destroyed, and a copy of it opens")

    def _keyring(self) -> Keyring:
        """As a process that starts now finds it: nothing remembered."""
        return open_keyring(self.world.settings)

    async def _listen(self, book: Book, parts: list[Row]) -> None:
        """What is heard over HTTP is what was delivered; what is gone is answered as gone."""
        supervisor = await book.house.person(Role.SUPERVISOR)
        standing = {
            UUID(part["recording_id"]) for part in parts if part["name"] == "content" and not part["destroyed_at"]
        }
        there = {part["recording_id"] for part in parts if not part["destroyed_at"]}
        calls = [one for one in book.acknowledged if one.is_call]
        for one in self.dice.sample(calls, min(HEARD_EACH, len(calls))):
            detail = await supervisor.get(f"/v1/recordings/{one.recording}")
            if str(one.recording) not in there:
                if detail.status_code != 410:
                    self._violated(book, f"recording {one.recording} is gone, and answered as {detail.status_code}")
                continue
            live = detail.is_success and any(
                part["live"] for part in detail.json()["parts"] if part["name"] == "content"
            )
            if not detail.is_success or live != (one.recording in standing):
                self._violated(book, f"recording {one.recording} is answered as {detail.status_code}, live: {live}")
            if not live or one.recording is None:
                continue
            heard = await supervisor.get((await access(supervisor, one.recording))["content_url"])
            if heard.content != one.content:
                self._violated(book, f"what is heard of {one.recording} is not what was delivered")
            self.report.checked["listened to"] += 1

    async def _check_ended(self, book: Book) -> None:
        """After its contract nothing is left but evidence, which counts all that ever was."""
        for table in HOLDS_RECORDINGS:
            if await rows_of(book.house, table):
                self._violated(book, f"the contract has ended, and {table} still holds rows")
        if await self.world.custody.objects.bucket_exists(book.bucket):
            self._violated(book, "the contract has ended, and the bucket is there")
        for copy in book.copies.values():
            self._attack(book, copy, f"{copy.name} of {copy.recording}")
        async with tenant_scope(book.house.tenant):
            events = await audit.page(book.house.tenant, after=0, limit=1_000_000)
            head = await audit.head(book.house.tenant)
        evidence = Evidence(self.world, self.report)
        evidence.check_chain(book, events, (head.seq, head.hash.hex()))
        files = [(row["id"], row["certificate"]) for row in await rows_of(book.house, "destruction")]
        proofs = [proof for name, file in files if file and (proof := evidence.verified(book, name, file))]
        evidence.check_sums(book, proofs)
        late = await (await book.house.machine()).get("/v1/me")
        if late.status_code != 410:
            self._violated(book, f"a late machine is answered {late.status_code}")
        self.report.checked["contract ends"] += 1


def _wraps(part: Row) -> list[tuple[str, bytes]]:
    """Under which keys the part's data key lies; the last one opens it."""
    pairs = [("shred_key_id", "wrapped_key"), ("hold_key_id", "hold_wrapped_key")]
    return [(part[key_id], _bytes(part[wrapped])) for key_id, wrapped in pairs if part[key_id]]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _bytes(text: str | None) -> bytes:
    """A `bytea` as JSON has it."""
    return bytes.fromhex((text or "").removeprefix("\\x"))
