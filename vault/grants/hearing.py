"""What a disclosure lets somebody hear is heard in the vault: each listen is an access like any other, with its reason.

Everything is asked anew at each listen and each seek: the grant, the membership, who the person is, and the policy.
"""

from dataclasses import replace
from uuid import UUID, uuid4

from tenants.decisions import Action, Decision
from tenants.disclosing import DisclosureState
from tenants.grants import GrantFacts, may_hear
from tenants.vocabulary import DisclosureKind
from vault.access.accesses import Access, checked_reason, lasts_until, let_in
from vault.access.finding import find
from vault.access.granted import Granted
from vault.access.kept import CONTENT, KeptRecording
from vault.access.refusals import OPENED, enforce
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.disclosure import rows
from vault.disclosure.checking import asked
from vault.disclosure.model import Disclosure
from vault.disclosure.recipients import may_receive
from vault.errors import NotAllowed
from vault.organisations.facts import organisation_of
from vault.rights import decide_for


async def hear(
    custody: Custody, caller: Caller, disclosure_id: UUID, recording_id: UUID, *, purpose: str, reason: str
) -> Access:
    """Let a person listen because a disclosure lets them, and write it down (C-579/21).

    Raises:
        NotAllowed: no role of the caller hears anything that is disclosed.
        NotFound: no such disclosure or recording, or none that the caller may hear.
        Invalid: the reason says nothing, or too much.
        Destroyed: the content has gone.
        Refused: the grant is over, or not for this purpose, or the notice or the membership no longer allows it.
    """
    require_may_hear(caller)
    reason = checked_reason(reason)
    held = await find(custody, caller, recording_id)
    recording = held.recording
    async with tenant_scope(caller.tenant):
        granted = await ask(caller, held.tenancy, disclosure_id, recording, purpose)
    await enforce(caller, OPENED, granted.decision, held, part=CONTENT, purpose=purpose)
    until = lasts_until(held) if granted.until is None else min(lasts_until(held), granted.until)
    access = Access(uuid4(), held, purpose, recording.at, until, granted=granted, excerpts=granted.excerpts)

    async def again(whose: Tenancy) -> Decision:
        return (await ask(caller, whose, disclosure_id, recording, purpose)).decision

    await let_in(custody, caller, access, reason, again)
    return access


async def ask(caller: Caller, whose: Tenancy, disclosure_id: UUID, recording: KeptRecording, purpose: str) -> Granted:
    """What a disclosure lets a person hear of a recording at this moment, in the controller's open scope.

    Raises:
        NotFound: no such disclosure of this controller.
        NotAllowed: the token that the caller came with is narrowed to other actions.
    """
    disclosure, now = (await rows.fetch(caller.tenant, disclosure_id)).disclosure, recording.at
    item = next((each for each in disclosure.given if each.recording_id == recording.id), None)
    facts = GrantFacts(
        kind=disclosure.kind,
        purpose=disclosure.terms.purpose,
        rule=await asked(whose, replace(disclosure, items=(item,) if item else ()), now=now),
        active=disclosure.state is DisclosureState.ACTIVE,
        until=disclosure.until,
        given=item is not None and item.limits.content,
        theirs=await is_theirs(caller, disclosure),
    )
    decision = decide_for(caller, whose, action_of(disclosure), now=now)
    if decision.permitted:
        decision = may_hear(whose.policy, facts, recording.facts_for(CONTENT, agent_id=None), purpose, now)
    return Granted(
        disclosure=disclosure.id,
        decision=decision,
        until=disclosure.until,
        excerpts=item.limits.excerpts if item else (),
    )


def action_of(disclosure: Disclosure) -> Action:
    """What a person must be allowed to do to hear anything of it."""
    is_review = disclosure.kind is DisclosureKind.ON_SITE_REVIEW
    return Action.SUPERVISE_REVIEW if is_review else Action.RECEIVE_DISCLOSURE


def require_may_hear(caller: Caller) -> None:
    """Raises NotAllowed for whoever neither receives disclosures nor supervises reviews: operators among them."""
    if not caller.may(Action.RECEIVE_DISCLOSURE) and not caller.may(Action.SUPERVISE_REVIEW):
        raise NotAllowed("None of your roles hears what is disclosed.")


async def is_theirs(caller: Caller, disclosure: Disclosure) -> bool:
    """Whether it is this person who may hear, in the open scope: named and of the organisation, or the supervisor."""
    if disclosure.kind is DisclosureKind.ON_SITE_REVIEW:
        return await _holds_session(caller, disclosure.id)
    own = disclosure.organisation_id is not None and await organisation_of(caller) == disclosure.organisation_id
    return own and await may_receive(disclosure, caller.id)


async def _holds_session(caller: Caller, disclosure_id: UUID) -> bool:
    """Whether the caller's sign-in is the one device of a session that is open."""
    return bool(
        await DB.fetch(
            "SELECT 1 FROM review_session WHERE tenant_id = $1 AND disclosure_id = $2 AND supervisor_id = $3"
            " AND credential_id = $4 AND closed_at IS NULL",
            caller.tenant,
            disclosure_id,
            caller.id,
            caller.credential,
        )
    )
