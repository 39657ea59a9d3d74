"""A controller's directory under test: its provisioning machine, and what it says."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from tenants.vocabulary import Role
from tests.world import As, House

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
WORK = "urn:ietf:params:scim:schemas:extension:recording-vault:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Directory:
    """The machine, and where its controller's SCIM is."""

    house: House
    machine: As

    @classmethod
    async def of(cls, house: House) -> "Directory":
        return cls(house, await house.person(Role.PROVISIONING))

    def at(self, path: str) -> str:
        """The address of a path below the controller's SCIM."""
        return f"/scim/v2/{self.house.slug}{path}"

    async def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return await self.machine.request(method, self.at(path), **kwargs)

    def person(self, **changes: Any) -> dict[str, Any]:
        """Somebody whom the directory knows and the vault does not yet."""
        name = f"{secrets.token_hex(6)}@{self.house.slug}.example"
        return {"schemas": [USER], "userName": name, "displayName": "Demo Person", "active": True} | changes

    async def user(self, **changes: Any) -> dict[str, Any]:
        """Somebody let in."""
        made = await self.ask("POST", "/Users", json=self.person(**changes))
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def group(self, *members: str, **changes: Any) -> dict[str, Any]:
        """A group of people let in."""
        body = {"schemas": [GROUP], "displayName": f"Demo group {secrets.token_hex(4)}"} | changes
        made = await self.ask("POST", "/Groups", json=body | {"members": [{"value": member} for member in members]})
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def patch(self, path: str, *operations: dict[str, Any], **kwargs: Any) -> httpx.Response:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self.ask("PATCH", path, json=body, **kwargs)

    async def map(self, group: dict[str, Any], *roles: Role, **said: str) -> httpx.Response:
        url = f"/v1/directory/groups/{group['id']}"
        return await self.house.administrator.request("PUT", url, json={"roles": list(roles)} | said)

    async def member(self, member_id: str) -> dict[str, Any]:
        """A member as administrators see it."""
        listed = (await self.house.administrator.get("/v1/members")).json()
        found: dict[str, Any] = next(each for each in listed if each["id"] == member_id)
        return found
