"""What tests of outside recipients begin with: organisations that two persons registered, and people of theirs."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from cryptography import x509

from tenants.vocabulary import Role
from tests.packages.certified import DAY, ec_key, holder
from tests.world import As, House

POLICE: dict[str, Any] = {
    "kind": "authority",
    "name": "Demo Police Department",
    "statutory_right": "The police are told what they need in spite of secrecy.",
    "legal_bases": ["Poliisilaki 4:3 §", "Pakkokeinolaki 10:6 §"],
    "contact": "The registry, by the number that the department publishes.",
    "reason": "They asked for a way to ask.",
}
COMPANY: dict[str, Any] = POLICE | {
    "kind": "company",
    "name": "Demo Sister Oy",
    "statutory_right": None,
    "legal_bases": [],
}
INSTITUTE: dict[str, Any] = POLICE | {
    "kind": "research",
    "name": "Demo Institute",
    "statutory_right": None,
    "legal_bases": ["Tietosuojalaki 31 §"],
}
AGREED = {"approve": True, "reason": "Called them by the published number."}


async def second(house: House) -> As:
    """A second administrator, made when first asked for: before what it is to decide on, so call this first."""
    if Role.ADMINISTRATOR not in house.people:
        house.people[Role.ADMINISTRATOR] = await house.member(Role.ADMINISTRATOR)
    return house.people[Role.ADMINISTRATOR]


async def decide(person: As, proposal: str) -> httpx.Response:
    """Approve a proposal."""
    return await person.post(f"/v1/proposals/{proposal}/decision", json=AGREED)


async def register(house: House, what: dict[str, Any] = POLICE, **changes: Any) -> UUID:
    """An organisation that one administrator proposed and another approved."""
    other = await second(house)
    proposed = await house.administrator.post("/v1/organisations", json=what | changes)
    assert proposed.status_code == 202, proposed.text
    decided = await decide(other, proposed.json()["id"])
    assert decided.status_code == 200, decided.text
    return UUID(proposed.json()["object"])


async def person_of(house: House, organisation: UUID) -> As:
    """A signed-in person of an organisation."""
    email = f"{secrets.token_hex(6)}@recipient.example"
    url = f"/v1/organisations/{organisation}/persons"
    named = await house.administrator.post(url, json={"email": email, "name": "Demo Person"})
    assert named.status_code == 201, named.text
    member = await house.world.sign_in(house.slug, email, named.json()["invitation"])
    return await house.lasting(member)


async def belongs(
    house: House, organisation: UUID, first: date | None = None, last: date | None = None
) -> dict[str, Any]:
    """A membership of a company in the group: from a month ago on, unless told otherwise."""
    since = first or house.world.today() - timedelta(days=30)
    body = {"organisation": str(organisation), "member_from": str(since), "member_until": str(last) if last else None}
    made = await house.administrator.post("/v1/group-memberships", json=body)
    assert made.status_code == 201, made.text
    recorded: dict[str, Any] = made.json()
    return recorded


def certificate(*, until: datetime | None = None, subject: x509.Name | None = None) -> str:
    """A certificate of an organisation's own, good for a year unless told otherwise."""
    lasts = 365 * DAY if until is None else until - datetime.now(UTC)
    return holder(ec_key(), since=-400 * DAY, until=lasts, subject=subject).pem
