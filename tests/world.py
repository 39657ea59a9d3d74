"""Builders for what a test begins with: controllers, their people, and recordings, all made through the API."""

import base64
import io
import json
import math
import secrets
import time
import wave
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pyotp

import tenants
from tenants.vocabulary import Role, SignInMethod
from vault.accounts import Sessions
from vault.credentials import insert_credential, new_token
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.members import NewMember, first_operator
from vault.settings import Settings

POLICIES = Path(tenants.__file__).parent
RECORDINGS = Path(__file__).parent / "recordings"
PASSWORD = "a password of a test"
LETTERS = str.maketrans("0123456789", "ghijklmnop")
SECRET = "DEMODEMODEMODEMODEMODEMODEMODEMO"
"""Of the token by which all test people sign in, beside their password."""
HELSINKI = ZoneInfo("Europe/Helsinki")
"""Where the controllers of `tenants/` have their days."""
CODE_SECONDS = 5
"""A code that a test is given stays right for at least so long."""


@dataclass(frozen=True)
class As:
    """A signed-in member: requests in its name."""

    client: httpx.AsyncClient
    id: UUID
    token: str = field(repr=False)

    async def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | kwargs.pop("headers", {})
        return await self.client.request(method, url, headers=headers, **kwargs)

    async def get(self, url: str, **kwargs: Any) -> httpx.Response:
        return await self.request("GET", url, **kwargs)

    async def post(self, url: str, **kwargs: Any) -> httpx.Response:
        return await self.request("POST", url, **kwargs)

    async def delete(self, url: str, **kwargs: Any) -> httpx.Response:
        return await self.request("DELETE", url, **kwargs)


@dataclass
class House:
    """One controller under test, with its administrator and as many people as the test asks for."""

    world: "World"
    slug: str
    tenant: UUID
    contract: UUID
    administrator: As
    invitation: str = field(repr=False)
    """The administrator's, which nobody has taken up yet: signing in is what tests/identity is about."""

    people: dict[Role, As] = field(default_factory=dict)

    async def member(self, *roles: Role, agent_id: str | None = None) -> As:
        """A new member with these roles, and a token that a test which travels in time does not outlive."""
        email = f"{secrets.token_hex(6)}@{self.slug}.example"
        body = {"email": email, "name": "Demo Person", "roles": list(roles), "agent_id": agent_id, "reason": "a test"}
        made = _ok(await self.administrator.post("/v1/members", json=body))
        if made["proposal"]:
            decision = {"approve": True, "reason": "a test"}
            second = await self._second()
            _ok(await second.post(f"/v1/proposals/{made['proposal']}/decision", json=decision))
        return await self.world.lasting(self.tenant, UUID(made["id"]))

    async def _second(self) -> As:
        """Another administrator who has come in: they confirm whoever is to decide."""
        async with tenant_scope(self.tenant):
            sql = "SELECT id FROM member WHERE id <> $1 AND active AND came_in_at IS NOT NULL AND $2 = ANY(roles)"
            found = await DB.fetch(sql, self.administrator.id, Role.ADMINISTRATOR)
        return await self.world.lasting(self.tenant, found[0]["id"])

    async def lasting(self, member: As, *scopes: str) -> As:
        """The member with another token, narrowed to these scopes."""
        return await self.world.lasting(self.tenant, member.id, *scopes)

    async def person(self, role: Role) -> As:
        """The one member with this role, made when first asked for."""
        if role is Role.ADMINISTRATOR:
            return self.administrator
        if role not in self.people:
            self.people[role] = await self.member(role)
        return self.people[role]

    async def come_in(self, person: As) -> As:
        """The same person, who has signed in before."""
        await Sessions.open(self.world.custody, self.tenant, person.id, method=SignInMethod.PASSKEY)
        return person

    async def machine(self) -> As:
        """The ingesting machine, with a token rather than a session."""
        if Role.INGEST not in self.people:
            self.people[Role.INGEST] = await self.lasting(await self.member(Role.INGEST), "ingest")
        return self.people[Role.INGEST]

    def metadata(self, **changes: Any) -> str:
        """The `Upload-Metadata` header of a call (or of what the changes make of it)."""
        described = json.dumps(call() | changes, default=str)
        return f"recording {base64.b64encode(described.encode()).decode()}"

    async def deliver(self, content: bytes, **metadata: Any) -> httpx.Response:
        """One recording in one tus request (creation-with-upload), as a telephony system sends it."""
        machine = await self.machine()
        headers = {
            "tus-resumable": "1.0.0",
            "upload-length": str(len(content)),
            "upload-metadata": self.metadata(**metadata),
            "content-type": "application/offset+octet-stream",
        }
        return await machine.post("/v1/uploads", content=content, headers=headers)

    async def recording(self, content: bytes | None = None, **metadata: Any) -> UUID:
        """Deliver a recording (a short WAV call, unless told otherwise) and give its id."""
        answer = await self.deliver(wav() if content is None else content, **metadata)
        assert answer.status_code == 201, answer.text
        return UUID(answer.headers["vault-recording"])


@dataclass
class World:
    """A running vault, and the outsourcing firm's operator."""

    client: httpx.AsyncClient
    custody: Custody
    settings: Settings
    operator_email: str = ""
    operators: list[As] = field(default_factory=list)

    async def begin(self) -> None:
        """Invite the first operator."""
        self.operator_email, operator = await self.new_operator()
        self.operators.append(operator)

    async def new_operator(self) -> tuple[str, As]:
        """An operator of their own, by their address."""
        email = f"operator-{secrets.token_hex(4)}@firm.example"
        invited = await first_operator(
            self.custody, NewMember(email=email, name="Demo Operator", roles=(Role.OPERATOR,), country="FI")
        )
        await self.redeem(invited.secret)
        return email, await self.lasting(*await self._member("", email))

    async def operator(self) -> As:
        """The operator, on whatever day the test has travelled to."""
        return self.operators[0]

    async def redeem(self, invitation: str) -> None:
        """Take up an invitation as people do, with the password and the token of all test people."""
        redeemed = await self.client.post("/v1/invitations/redeem", json=redemption(invitation, self.code()))
        assert redeemed.status_code == 200, redeemed.text

    def code(self, steps: int = 0, *, secret: str = SECRET) -> str:
        """The code that the token of all test people shows now, or so many half minutes later; each is good once.

        In the last seconds of a half minute it waits for the next: what it gives is still right when it is sent.
        """
        app = pyotp.TOTP(secret)
        left = app.interval - self.now().timestamp() % app.interval
        if left < CODE_SECONDS:
            time.sleep(left)
        return app.at(self.now(), counter_offset=steps)

    async def sign_in(self, slug: str, email: str, invitation: str) -> As:
        """Somebody who was invited, with a session: as if they had taken the invitation up."""
        assert invitation
        return await self.session(slug, email)

    async def session(self, slug: str, email: str) -> As:
        """A session of a member, opened past password and code."""
        tenant, member = await self._member(slug, email)
        issued = await Sessions.open(self.custody, tenant, member, method=SignInMethod.PASSKEY)
        return As(self.client, member, issued.secret)

    async def lasting(self, tenant: UUID, member: UUID, *scopes: str) -> As:
        """A member with a token that never ends, as no route gives one."""
        secret = new_token()
        async with tenant_scope(tenant):
            await insert_credential(
                tenant, member, "token", secret, now=self.now(), expires_at=None, scopes=list(scopes)
            )
        return As(self.client, member, secret)

    async def _member(self, slug: str, email: str) -> tuple[UUID, UUID]:
        async with platform_scope():
            tenant = PLATFORM
            if slug:
                sql = "SELECT id FROM controller WHERE slug = $1 ORDER BY onboarded_at DESC"
                tenant = (await DB.fetch(sql, slug))[0]["id"]
            await narrow(tenant)
            sql = "SELECT id FROM member WHERE tenant_id = $1 AND email = $2"
            found = await DB.fetch(sql, tenant, email.casefold())
        return tenant, found[0]["id"]

    async def house(
        self,
        policy: str = "prh",
        *,
        edits: Mapping[str, str] = MappingProxyType({}),
        lasts: timedelta = timedelta(days=2000),
    ) -> House:
        """Onboard a controller under a policy of `tenants/`, by a name of its own; `edits` replace text of the file."""
        slug = f"{policy}-{secrets.token_hex(4)}"
        source = (POLICIES / f"{policy}.toml").read_text().replace(f'slug = "{policy}"', f'slug = "{slug}"')
        for before, after in edits.items():
            source = source.replace(before, after)
        today = self.today()
        body = {
            "policy": source,
            "contract": {
                "starts_on": str(today - timedelta(days=1000)),
                "ends_on": str(today + lasts),
            },
            "administrator": {"email": f"admin@{slug}.example", "name": "Demo Administrator"},
        }
        made = _ok(await (await self.operator()).post("/v1/controllers", json=body))
        tenant = UUID(made["id"])
        _, administrator = await self._member(slug, f"admin@{slug}.example")
        lasting = await self.lasting(tenant, administrator)
        return House(self, slug, tenant, UUID(made["contract"]), lasting, made["invitation"])

    def now(self) -> datetime:
        """The vault's own time."""
        return self.custody.clock.now()

    def today(self) -> date:
        """What day that is where the controllers are."""
        return self.now().astimezone(HELSINKI).date()

    @asynccontextmanager
    async def later(self, by: timedelta) -> AsyncIterator[None]:
        """The vault's clock stands this much ahead inside the block."""
        before = self._offset()
        self.travel(by)
        try:
            yield
        finally:
            self._stand(before)

    def travel(self, by: timedelta) -> None:
        """The vault's clock stands this much ahead from now on."""
        self._stand(self._offset() + by.total_seconds())

    def _offset(self) -> float:
        file = self.settings.clock_offset_file
        return float(file.read_text()) if file and file.exists() else 0.0

    def _stand(self, seconds: float) -> None:
        """Whole or not at all: other processes read the file at any moment."""
        file = self.settings.clock_offset_file
        assert file is not None
        unfinished = file.with_name(f"{file.name}.unfinished")
        unfinished.write_text(str(seconds))
        unfinished.replace(file)


def redemption(invitation: str, code: str, password: str = PASSWORD) -> dict[str, Any]:
    """How an invitation is taken up with the token of all test people."""
    return {"invitation": invitation, "password": password, "code": code, "secret": SECRET}


def call(**changes: Any) -> dict[str, Any]:
    """The metadata of a call of ten minutes ago, as any of the controllers' telephony would send it."""
    started = datetime.now(UTC) - timedelta(minutes=10)
    return {
        "kind": "call",
        # Letters alone: one in many thousands of random digits reads as an identity code, which is refused.
        "source_id": f"pbx-{secrets.token_hex(8).translate(LETTERS)}",
        "media_type": "audio/wav",
        "started_at": started.isoformat(),
        "contact": {"caller_number": "+358501234567", "agent_id": "agent-1"},
    } | changes


@cache
def wav(seconds: float = 1.0, *, rate: int = 8000, tone: int = 440) -> bytes:
    """A mono 16-bit WAV of a tone: a real file of a real format, made on the spot."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        samples = (int(8000 * math.sin(2 * math.pi * tone * n / rate)) for n in range(int(seconds * rate)))
        out.writeframes(array("h", samples).tobytes())
    return file.getvalue()


def _ok(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201, 202), f"{answer.status_code} {answer.text}"
    return answer.json()
