"""Before anything is done or refused, it is told whether it is owed, and on which grounds it could be refused."""

from dataclasses import dataclass
from uuid import UUID

from tenants.decisions import Decision
from tenants.subject_rules import GroundNotOpen, RefusalGround, is_owed, refusal_of
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.subjects.reading import admit


@dataclass(frozen=True)
class Weighed:
    """Whether a request is owed, with the clause; and each ground that could refuse it, with its article."""

    decision: Decision
    grounds: dict[RefusalGround, str]


async def weigh(custody: Custody, caller: Caller, request_id: UUID) -> Weighed:
    """Tell what the law and the notice say of a request, as things stand.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
    """
    whose, request = await admit(custody, caller, request_id)
    grounds: dict[RefusalGround, str] = {}
    for ground in RefusalGround:
        try:
            found = refusal_of(
                whose.policy, request.invoked, request.asker, ground, identified=request.identified_at is not None
            )
        except GroundNotOpen:
            continue
        grounds[ground] = found.article
    return Weighed(is_owed(whose.policy, request.invoked, request.asker), grounds)
