"""People of outside, as tests of disclosures want them."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.disclosure.asking import Desk
from tests.world import As
from vault.custody.database import DB, tenant_scope

Officer = Callable[[Desk, UUID], Awaitable[As]]


@pytest.fixture
def officer() -> Officer:
    """Makes a named person of an organisation, signed in; how they are invited is tested elsewhere."""

    async def named(desk: Desk, organisation: UUID) -> As:
        person = await desk.house.member(Role.RECIPIENT)
        async with tenant_scope(desk.house.tenant):
            await DB.fetch(
                "INSERT INTO organisation_person (tenant_id, organisation_id, member_id, invited_by, invited_at)"
                " VALUES ($1, $2, $3, $4, $5)",
                desk.house.tenant,
                organisation,
                person.id,
                desk.administrator.id,
                desk.house.world.now(),
            )
        return person

    return named
