"""Somebody who comes in as people do: invited, with a password and a token, over HTTP, from an address of their own."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

import httpx

from tenants.vocabulary import Role
from tests.world import PASSWORD, As, House, redemption
from vault.custody.database import DB, tenant_scope

BROWSER = MappingProxyType({"user-agent": "a browser of a test"})


@dataclass
class Person:
    """One member and what they know."""

    house: House
    id: UUID
    email: str
    recovery_codes: list[str] = field(default_factory=list)

    async def post(self, url: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """A request of nobody yet; the shared client keeps no cookie of it."""
        answer = await self.house.world.client.post(url, json=body, headers=dict(BROWSER) | headers)
        self.house.world.client.cookies.clear()
        return answer

    async def try_in(
        self, *, password: str = PASSWORD, code: str | None = None, steps: int = 0, email: str = "", **headers: str
    ) -> httpx.Response:
        """Try to sign in, with the token's present code unless told otherwise."""
        body = {"controller": self.house.slug, "email": email or self.email, "password": password}
        return await self.post("/v1/sessions", body | {"code": code or self.house.world.code(steps)}, **headers)

    async def come_in(self) -> As:
        """Sign in, whenever the last time was."""
        await self.forget_last_code()
        answer = await self.try_in()
        assert answer.status_code == 201, answer.text
        return Browser(self.house.world.client, self.id, answer.json()["token"])

    async def forget_last_code(self) -> None:
        """A code is good once; nobody waits half a minute in a test."""
        async with tenant_scope(self.house.tenant):
            await DB.fetch("UPDATE code_secret SET last_step = NULL WHERE member_id = $1", self.id)


class Browser(As):
    """A session, used by the program that it was opened in."""

    async def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        headers = dict(BROWSER) | kwargs.pop("headers", {})
        return await super().request(method, url, headers=headers, **kwargs)


async def invite(house: House, *roles: Role) -> tuple[Person, str]:
    """Somebody new, and the invitation."""
    email = f"{secrets.token_hex(6)}@{house.slug}.example"
    body = {"email": email, "name": "Demo Person", "roles": list(roles or (Role.QUALITY,))}
    made = (await house.administrator.post("/v1/members", json=body)).json()
    return Person(house, UUID(made["id"]), email), made["invitation"]


async def let_in(house: House, *roles: Role) -> Person:
    """Somebody new, who has taken the invitation up."""
    person, invitation = await invite(house, *roles)
    answer = await person.post("/v1/invitations/redeem", redemption(invitation, house.world.code(-1)))
    assert answer.status_code == 200, answer.text
    person.recovery_codes = answer.json()["recovery_codes"]
    return person
