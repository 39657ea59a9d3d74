"""One person proposes, another decides; neither alone, and nobody who has lost the right meanwhile."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tenants.decisions import Action
from tenants.vocabulary import Role
from tests.builders import logged
from tests.world import As, House, World
from vault.accounts import Caller, Sessions
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, Invalid, NotAllowed, NotFound
from vault.proposals.carrying import carry_out, is_due
from vault.proposals.deciding import decide, propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal, State
from vault.proposals.reading import find, proposals

WHY = "Customer Matti Meikalainen asked for it."


class Thing:
    """What a test's proposals are about: it may be forbidden, and remembers what was done."""

    def __init__(self) -> None:
        self.forbidden = False
        self.done: list[Proposal] = []
        self.patience = 0

    async def check(self, custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
        if self.forbidden:
            raise Conflict("It is held.")
        return {"recordings": 1}

    async def at_once(self, custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
        self.done.append(proposal)
        return {"parts": 3}

    async def by_job(self, custody: Custody, proposal: Proposal) -> Mapping[str, Any] | None:
        self.done.append(proposal)
        return {"parts": 3} if len(self.done) > self.patience else None

    def handlers(self) -> Handlers:
        order, decide_order = Action.ORDER_DESTRUCTION, Action.DECIDE_ORDER
        return {
            "do": Handler(order, decide_order, self.check, by_job=self.by_job),
            "do_at_once": Handler(Action.END_CONTRACT, Action.END_CONTRACT, self.check, at_once=self.at_once),
        }


async def caller(world: World, person: As) -> Caller:
    return await Sessions(world.custody).authenticate(person.token)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
async def first(world: World, house: House) -> Caller:
    return await caller(world, house.administrator)


@pytest.fixture
async def second(world: World, house: House) -> Caller:
    if Role.ADMINISTRATOR not in house.people:
        house.people[Role.ADMINISTRATOR] = await house.member(Role.ADMINISTRATOR)
    return await caller(world, house.people[Role.ADMINISTRATOR])


async def proposed(world: World, thing: Thing, by: Caller, house: House, action: str = "do") -> Proposal:
    draft = Draft(action=action, reason=WHY, object_id=uuid4(), terms={"what": "all"}, sealed_terms={"number": "+358"})
    return await propose(world.custody, thing.handlers(), by, house.tenant, draft)


async def test_what_two_persons_decided_is_carried_out_by_a_job(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await proposed(world, thing, first, house)
    assert (made.state, made.effect) == (State.PROPOSED, {"recordings": 1})
    decided = await decide(world.custody, thing.handlers(), second, made.id, approve=True, reason="Checked.")
    assert decided.state is State.APPROVED
    assert thing.done == []
    async with tenant_scope(house.tenant):
        assert await is_due(house.tenant, world.now())
    thing.patience = 1
    assert not await carry_out(world.custody, thing.handlers(), house.tenant)
    thing.forbidden = True  # what was begun is finished: half of it is done
    assert await carry_out(world.custody, thing.handlers(), house.tenant)
    seen = await find(world.custody, thing.handlers(), first, made.id)
    assert (seen.state, seen.outcome, seen.decided_by) == (State.CARRIED_OUT, {"parts": 3}, second.id)
    assert (seen.reason, seen.decision_reason) == (WHY, "Checked.")
    assert thing.done[0].sealed_terms == {"number": "+358"}
    acts = ("proposal.made", "proposal.approved", "proposal.carried_out")
    assert [len([e for e in await logged(house, act) if e["object"] == str(made.id)]) for act in acts] == [1, 1, 1]


async def test_a_reason_is_never_stored_in_clear(world: World, house: House, thing: Thing, first: Caller) -> None:
    made = await proposed(world, thing, first, house)
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT p::text AS row, sealed FROM proposal p WHERE id = $1", made.id)
    assert "Meikalainen" not in rows[0]["row"]
    assert b"Meikalainen" not in rows[0]["sealed"]
    assert "Meikalainen" not in repr(made)


async def test_nobody_decides_on_their_own_but_may_withdraw_it(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await proposed(world, thing, first, house)
    with pytest.raises(NotAllowed, match="second person"):
        await decide(world.custody, thing.handlers(), first, made.id, approve=True, reason="Me again.")
    withdrawn = await decide(world.custody, thing.handlers(), first, made.id, approve=False, reason="A mistake.")
    assert withdrawn.state is State.WITHDRAWN
    with pytest.raises(Conflict):
        await decide(world.custody, thing.handlers(), second, made.id, approve=True, reason="Too late.")
    assert thing.done == []


async def test_nobody_makes_the_second_person_for_what_they_proposed(
    world: World, house: House, thing: Thing, first: Caller
) -> None:
    made = await proposed(world, thing, first, house)
    newcomer = await caller(world, await house.member(Role.ADMINISTRATOR))
    with pytest.raises(NotAllowed, match="here before"):
        await decide(world.custody, thing.handlers(), newcomer, made.id, approve=True, reason="I am new.")
    assert thing.done == []


async def test_a_second_person_may_reject(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await proposed(world, thing, first, house)
    rejected = await decide(world.custody, thing.handlers(), second, made.id, approve=False, reason="Not so.")
    assert rejected.state is State.REJECTED
    waiting = await proposals(world.custody, thing.handlers(), second, state=State.REJECTED)
    assert made.id in {one.id for one in waiting}


async def test_the_same_thing_waits_only_once(world: World, house: House, thing: Thing, first: Caller) -> None:
    draft = Draft(action="do", reason=WHY, object_id=uuid4())
    await propose(world.custody, thing.handlers(), first, house.tenant, draft)
    with pytest.raises(Conflict, match="already"):
        await propose(world.custody, thing.handlers(), first, house.tenant, draft)


async def test_who_may_not_decide_does_not(world: World, house: House, thing: Thing, first: Caller) -> None:
    made = await proposed(world, thing, first, house)
    dpo = await caller(world, await house.person(Role.DPO))
    with pytest.raises(NotAllowed):
        await decide(world.custody, thing.handlers(), dpo, made.id, approve=True, reason="As asked.")
    supervisor = await caller(world, await house.person(Role.SUPERVISOR))
    with pytest.raises(NotAllowed):
        await find(world.custody, thing.handlers(), supervisor, made.id)
    with pytest.raises(NotAllowed):
        await proposed(world, thing, supervisor, house)
    with pytest.raises(Invalid):
        await propose(world.custody, thing.handlers(), first, house.tenant, Draft(action="do", reason=" x "))


async def test_a_person_who_was_stopped_meanwhile_neither_decides_nor_stands_behind_a_proposal(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    third = await house.member(Role.ADMINISTRATOR)
    theirs = await proposed(world, thing, await caller(world, third), house)
    made, remembered = await proposed(world, thing, first, house), await caller(world, third)
    assert (await house.administrator.delete(f"/v1/members/{third.id}")).status_code in (200, 204)
    with pytest.raises(NotAllowed):
        await decide(world.custody, thing.handlers(), remembered, made.id, approve=True, reason="Still here.")
    with pytest.raises(NotAllowed):
        await decide(world.custody, thing.handlers(), remembered, made.id, approve=False, reason="Still here.")
    with pytest.raises(Conflict, match="anew"):
        await decide(world.custody, thing.handlers(), second, theirs.id, approve=True, reason="As said.")


async def test_two_operators_decide_nothing_but_one_and_the_controllers_own_person_do(
    world: World, house: House, thing: Thing, second: Caller
) -> None:
    operator = await caller(world, await world.operator())
    made = await proposed(world, thing, operator, house, "do_at_once")
    other = Caller(operator.person.__class__(id=uuid4(), tenant=None, roles=operator.person.roles), uuid4())
    with pytest.raises(NotAllowed, match="controller's own"):
        await decide(world.custody, thing.handlers(), other, made.id, approve=True, reason="We agree.")
    decided = await decide(world.custody, thing.handlers(), second, made.id, approve=True, reason="So be it.")
    assert (decided.state, decided.outcome) == (State.CARRIED_OUT, {"parts": 3})
    assert (await find(world.custody, thing.handlers(), operator, made.id)).state is State.CARRIED_OUT


async def test_an_operator_sees_no_order_and_a_stranger_nothing(
    world: World, house: House, thing: Thing, first: Caller
) -> None:
    made = await proposed(world, thing, first, house)
    operator = await caller(world, await world.operator())
    with pytest.raises(NotFound):
        await find(world.custody, thing.handlers(), operator, made.id)
    stranger = await caller(world, (await world.house("prh")).administrator)
    with pytest.raises(NotFound):
        await find(world.custody, thing.handlers(), stranger, made.id)
    with pytest.raises(NotFound):
        await propose(world.custody, thing.handlers(), stranger, house.tenant, Draft(action="do", reason=WHY))


async def test_what_the_check_forbids_is_neither_proposed_nor_approved_nor_carried_out(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made, approved = await proposed(world, thing, first, house), await proposed(world, thing, first, house)
    await decide(world.custody, thing.handlers(), second, approved.id, approve=True, reason="Checked.")
    thing.forbidden = True
    with pytest.raises(Conflict, match="held"):
        await proposed(world, thing, first, house)
    with pytest.raises(Conflict, match="held"):
        await decide(world.custody, thing.handlers(), second, made.id, approve=True, reason="Checked.")
    assert await carry_out(world.custody, thing.handlers(), house.tenant)
    seen = await find(world.custody, thing.handlers(), first, approved.id)
    assert (seen.state, thing.done) == (State.REFUSED, [])
    assert seen.outcome == {"rule": "conflict", "detail": "It is held."}


async def test_what_nobody_decides_on_lapses(
    world: World, house: House, thing: Thing, first: Caller, second: Caller
) -> None:
    made = await proposed(world, thing, first, house)
    async with world.later(timedelta(days=30, minutes=1)):
        assert (await find(world.custody, thing.handlers(), first, made.id)).state is State.LAPSED
        with pytest.raises(Conflict):
            await decide(world.custody, thing.handlers(), second, made.id, approve=True, reason="Late.")
        assert await carry_out(world.custody, thing.handlers(), house.tenant)
    assert str(made.id) in {event["object"] for event in await logged(house, "proposal.lapsed")}


async def test_proposals_are_listed_over_http_and_an_unknown_one_is_not_found(house: House) -> None:
    assert (await house.administrator.get("/v1/proposals")).status_code == 200
    decision = {"approve": True, "reason": "Let us see."}
    answer = await house.administrator.post(f"/v1/proposals/{uuid4()}/decision", json=decision)
    assert answer.status_code == 404
    assert (await house.administrator.get(f"/v1/proposals/{uuid4()}")).status_code == 404
