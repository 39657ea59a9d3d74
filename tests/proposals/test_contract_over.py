"""When everything of a controller goes, what was approved ends with it, and nobody proposes or decides any more."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.contracts import ContractState
from tenants.decisions import Action, Refused
from tenants.vocabulary import Role
from tests.builders import logged
from tests.world import House, World
from vault.accounts import Caller, Sessions
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.destruction.contract_end import advance
from vault.errors import Conflict
from vault.proposals.carrying import carry_out
from vault.proposals.deciding import decide, propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal, State
from vault.proposals.reading import find

AFTER_THE_END = timedelta(days=2002)
WHY = "Customer Matti Meikalainen asked for it."


class Thing:
    """What a proposal is about: it waits for something, and the contract may end while it is looked at."""

    def __init__(self) -> None:
        self.ends = False

    async def check(self, custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
        if self.ends:
            await advance(custody, proposal.tenant, custody.clock.now())
        return {"recordings": 1}

    async def by_job(self, custody: Custody, proposal: Proposal) -> Mapping[str, Any] | None:
        assert proposal.sealed_terms == {"number": "+358"}, "its key has gone"
        return None

    def handlers(self) -> Handlers:
        order, other = Action.ORDER_DESTRUCTION, Action.TAKE_BACK
        return {
            "a": Handler(order, order, self.check, by_job=self.by_job),
            "b": Handler(other, other, self.check, by_job=self.by_job),
        }


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
async def house(world: World) -> House:
    """A controller with a recording that is held, so that its contract's end waits for a person."""
    house = await world.house("prh")
    async with world.later(AFTER_THE_END - timedelta(days=3)):
        recording = await house.recording(started_at=(world.now() - timedelta(hours=2)).isoformat())
        claim = {"reason": "legal_claim", "note": "A claim for damages was announced."}
        placed = await house.administrator.post(f"/v1/recordings/{recording}/holds", json=claim)
        assert placed.status_code == 201, placed.text
    house.people[Role.ADMINISTRATOR] = await house.member(Role.ADMINISTRATOR)
    return house


@pytest.fixture
async def first(world: World, house: House) -> Caller:
    return await Sessions(world.custody).authenticate(house.administrator.token)


@pytest.fixture
async def second(world: World, house: House) -> Caller:
    return await Sessions(world.custody).authenticate(house.people[Role.ADMINISTRATOR].token)


async def proposed(world: World, house: House, thing: Thing, by: Caller, action: str = "a") -> UUID:
    draft = Draft(action=action, reason=WHY, object_id=uuid4(), sealed_terms={"number": "+358"})
    return (await propose(world.custody, thing.handlers(), by, house.tenant, draft)).id


async def approved(world: World, house: House, thing: Thing, first: Caller, second: Caller) -> UUID:
    made = await proposed(world, house, thing, first)
    await decide(world.custody, thing.handlers(), second, made, approve=True, reason="Checked.")
    return made


async def test_what_was_approved_and_waits_ends_with_the_contract_and_its_job_is_done(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await approved(world, house, thing, first, second)
    assert not await carry_out(world.custody, thing.handlers(), house.tenant)
    async with world.later(AFTER_THE_END):
        assert await advance(world.custody, house.tenant, world.now()) is ContractState.DESTROYING
        assert await carry_out(world.custody, thing.handlers(), house.tenant)
        seen = await find(world.custody, thing.handlers(), first, made)
    assert (seen.state, seen.reason) == (State.REFUSED, None)
    assert seen.outcome is not None and seen.outcome["rule"] == "contract-over"
    (event,) = await logged(house, "proposal.refused")
    assert (event["object"], event["details"]) == (str(made), {"action": "a", "rule": "contract-over"})


async def test_what_is_approved_while_the_contract_ends_has_no_job_that_never_ends(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await proposed(world, house, thing, first)
    async with world.later(AFTER_THE_END):
        await advance(world.custody, house.tenant, world.now())
    async with tenant_scope(house.tenant):  # a decision that saw the contract alive is written after its end
        await DB.fetch("UPDATE proposal SET state = 'approved', decided_by = $2 WHERE id = $1", made, second.id)
    assert await carry_out(world.custody, thing.handlers(), house.tenant)
    assert (await find(world.custody, thing.handlers(), first, made)).state is State.REFUSED


async def test_what_is_proposed_in_the_moment_of_the_end_is_refused_by_its_clause(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await proposed(world, house, thing, first)
    thing.ends = True
    async with world.later(AFTER_THE_END):
        with pytest.raises(Refused) as refused:
            await proposed(world, house, thing, first)
        assert refused.value.decision.rule == "contract-over"
        for approve in (True, False):
            with pytest.raises(Refused):
                await decide(world.custody, thing.handlers(), second, made, approve=approve, reason="Too late.")


async def test_what_does_not_need_a_living_contract_conflicts_with_its_end(
    world: World, house: House, thing: Thing, first: Caller
) -> None:
    thing.ends = True
    async with world.later(AFTER_THE_END):
        with pytest.raises(Conflict, match="over"):
            await proposed(world, house, thing, first, "b")
