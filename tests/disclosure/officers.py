"""Builders for what an authority asks for: its officer, and a request that is sealed to its certificate."""

from typing import Any
from uuid import UUID

from tenants.vocabulary import Role
from tests.disclosure.asking import Desk, authority
from tests.disclosure.handing import Hand
from tests.packages.certified import holder, rsa_key
from tests.world import As
from vault.custody.database import DB, tenant_scope


async def officer_of(at: Desk, organisation: UUID) -> As:
    """A named person of an organisation; how they are invited is tested elsewhere."""
    officer = await at.house.member(Role.RECIPIENT)
    async with tenant_scope(at.house.tenant):
        await DB.fetch(
            "INSERT INTO organisation_person (tenant_id, organisation_id, member_id, invited_by, invited_at)"
            " VALUES ($1, $2, $3, $4, $5)",
            *(at.house.tenant, organisation, officer.id, at.administrator.id, at.house.world.now()),
        )
    return officer


async def asked_for(at: Desk, **changes: Any) -> tuple[Hand, As]:
    """An authority's request for one call, and the officer who is named for it."""
    organisation = await at.organisation("authority", "demo-act-1")
    async with tenant_scope(at.house.tenant):
        await DB.fetch("UPDATE organisation SET certificate = $2 WHERE id = $1", organisation, holder(rsa_key()).pem)
    officer = await officer_of(at, organisation)
    hand = Hand(at, (await at.asked(**authority(organisation, await at.recording(), **changes)))["id"])
    assert (await hand.name(member_id=str(officer.id))).status_code == 201
    return hand, officer
