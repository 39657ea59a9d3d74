"""What the controller does with what it was returned: with its own key, and nothing of ours."""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pyrage

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.destruction.contract_end import advance

RETURNS = {
    '[contract_end]\nclause = "contract_end"\n': (
        '[contract_end]\nclause = "contract_end"\nreturn_before = true\nreturn_clause = "contract_end"\n'
    ),
}
"""What makes a policy promise a return."""

AFTER_THE_END = timedelta(days=2002)


@dataclass(frozen=True)
class Keeper:
    """Whoever holds the key to which everything is sealed."""

    house: House
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)

    @property
    def public_key(self) -> str:
        return str(self.identity.to_public())

    def url(self, rest: str = "") -> str:
        return f"/v1/contracts/{self.house.contract}/return{rest}"

    async def propose(self, person: As | None = None, **more: Any) -> httpx.Response:
        await self.house.person(Role.DPO)  # whoever approves was here before
        body = {"public_key": self.public_key, "reason": "The archive of the authority."} | more
        return await (person or self.house.administrator).post(self.url("/recipient"), json=body)

    async def register(self, **more: Any) -> dict[str, Any]:
        """Proposed by the administrator and approved by the DPO."""
        return await self.approve(await self.propose(**more))

    async def approve(self, proposed: httpx.Response) -> dict[str, Any]:
        assert proposed.status_code == 202, proposed.text
        decision = {"approve": True, "reason": "The key is known."}
        second = await self.house.person(Role.DPO)
        answer = await second.post(f"/v1/proposals/{proposed.json()['id']}/decision", json=decision)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "carried_out"
        decided: dict[str, Any] = answer.json()
        return decided

    async def progress(self, person: As | None = None) -> dict[str, Any]:
        answer = await (person or self.house.administrator).get(self.url())
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def manifest(self) -> tuple[dict[str, Any], str]:
        """The manifest, and the SHA-256 by which a receipt names it."""
        answer = await self.house.administrator.get(self.url("/manifest"))
        assert answer.status_code == 200, answer.text
        return answer.json()["manifest"], hashlib.sha256(answer.content).hexdigest()

    async def archive(self, number: int = 1, *, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.house.administrator.get(self.url(f"/archives/{number}"), headers=headers or {})

    async def confirm(self, sha256: str) -> httpx.Response:
        return await self.house.administrator.post(self.url("/receipt"), json={"manifest_sha256": sha256})

    def opened(self, sealed: bytes, listed: dict[str, Any]) -> dict[str, bytes]:
        """The files of an archive, once everything that the manifest says of it is found to be so."""
        assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (listed["size"], listed["sha256"])
        plain = pyrage.decrypt(sealed, [self.identity])
        assert (len(plain), hashlib.sha256(plain).hexdigest()) == (listed["plain_size"], listed["plain_sha256"])
        files = {}
        with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
            for member in tar:
                content = tar.extractfile(member)
                assert content is not None
                files[member.name] = content.read()
        listing = json.loads(files["listing.json"])
        assert hashlib.sha256(files["listing.json"]).hexdigest() == listed["listing_sha256"]
        for recording in listing["recordings"]:
            for part in recording["parts"]:
                if "file" in part:
                    assert hashlib.sha256(files[part["file"]]).hexdigest() == part["sha256"]
        return files


async def run(world: World, house: House) -> str:
    """One run of the contract's clock, at the vault's own time; the state reached."""
    return await advance(world.custody, house.tenant, world.now())
