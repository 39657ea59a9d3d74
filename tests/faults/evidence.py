"""What the vault says it has done must be so: certificates count what was destroyed, and the log leaves nothing out."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.ledger import Book, Report
from tests.world import As, World
from vault.custody import audit
from vault.destruction.certificates import Certificate, CertificateInvalid, verify_certificate

ALARMS: Final = {"part.missing", "integrity.failed", "key.missing"}
"""What no kill may lead to: a loss, or the false alarm of one."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """Compares certificates and log with the rows and the books."""

    world: World
    report: Report

    async def check_certificates(self, book: Book, parts: list[Row], recordings: list[Row]) -> None:
        """Each destroyed part is counted once, in a certificate that verifies and counts nothing else."""
        counted = Counter(part["destruction_id"] for part in parts if part["destroyed_at"] is not None)
        emptied = Counter(row["destruction_id"] for row in recordings if row["destroyed_at"] is not None)
        answered = await _all_pages(book.house.administrator, "/v1/certificates")
        for destruction in answered.keys() | counted.keys():
            if destruction not in answered:
                book.violated(self.report, f"{counted[destruction]} parts were destroyed and not certified")
                continue
            file = await book.house.administrator.get(f"/v1/certificates/{destruction}")
            proof = self.verified(book, destruction, file.content)
            found = (counted[destruction], emptied[destruction])
            if proof and (said := (proof.destroyed.parts, proof.destroyed.recordings)) != found:
                book.violated(self.report, f"{destruction} certifies {said} parts and recordings; {found} were")

    def verified(self, book: Book, destruction: str, file: str | bytes) -> Certificate | None:
        """The certificate, if it verifies and certifies anything."""
        try:
            proof = verify_certificate(file, self.world.custody.keyring.signing_key().public_pem)
        except CertificateInvalid as error:
            book.violated(self.report, f"the certificate {destruction} does not verify: {error}")
            return None
        if proof.destroyed.parts == 0:
            book.violated(self.report, f"the certificate {destruction} certifies nothing")
        self.report.checked["certificates"] += 1
        return proof

    def check_sums(self, book: Book, proofs: list[Certificate]) -> None:
        """After a contract each recording is certified once, in whichever certificates: none left out, none twice."""
        ends = [proof for proof in proofs if proof.reason == "contract_end"]
        if len(ends) != 1:
            book.violated(self.report, f"the contract's end has {len(ends)} certificates")
        least, most = len(book.acknowledged), len(book.delivered)
        recordings = sum(proof.destroyed.recordings for proof in proofs)
        parts = sum(proof.destroyed.parts for proof in proofs)
        if not least <= recordings <= most:
            book.violated(self.report, f"{recordings} recordings are certified; {least} were acknowledged of {most}")
        known, unseen = sum(book.parts.values()), recordings - len(book.parts)
        if not known + 2 * unseen <= parts <= known + 3 * unseen:
            book.violated(self.report, f"{parts} parts are certified of {recordings} recordings; {known} were seen")

    async def check_log(self, book: Book) -> None:
        """As the controller reads it."""
        events: list[Row] = []
        after: int | None = 0
        while after is not None:
            page = (await book.house.administrator.get(f"/v1/audit/events?after={after}&limit=1000")).json()
            events, after = events + page["items"], page["next"]
        head = (await book.house.administrator.get("/v1/audit/head")).json()
        self.check_chain(book, events, (head["seq"], head["hash"]))

    def check_chain(self, book: Book, events: list[Row], head: tuple[int, str]) -> None:
        """The chain is whole, and tells of each acknowledged recording once."""
        try:
            end = audit.verify(events)
        except audit.LogBroken as error:
            book.violated(self.report, f"the log is broken at event {error}")
            return
        if (end.seq, end.hash.hex()) != head:
            book.violated(self.report, f"the log ends at {end.seq}, and its head is at {head[0]}")
        bodies = [json.loads(event["body"]) for event in events]
        told = Counter(body["object"] for body in bodies if body["act"] == "recording.received")
        for body in bodies:
            if body["act"] in ALARMS:
                book.violated(self.report, f"the log tells of {body['act']} at {body['at']}: {body.get('object')}")
        for one in book.acknowledged:
            if told[str(one.recording)] != 1:
                book.violated(self.report, f"the log tells {told[str(one.recording)]} times of {one.recording}")
        self.report.checked["events"] += len(events)


async def _all_pages(person: As, path: str) -> dict[str, Row]:
    items: dict[str, Row] = {}
    cursor: str | None = None
    while True:
        page = (await person.get(path, params={"limit": 1000} | ({"cursor": cursor} if cursor else {}))).json()
        items |= {item["id"]: item for item in page["items"]}
        if (cursor := page["next"]) is None:
            return items
