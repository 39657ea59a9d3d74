"""What an onboarding would make is told before anything is made, by the rules by which it will be done."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from tenants.contracts import Contract
from tenants.decisions import Action
from tenants.notices import Notice, before_end
from tenants.policy import Policy
from tenants.reading import PolicyInvalid, PolicyProblem, check_against_contract, read_policy
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.errors import Invalid
from vault.onboarding import is_here, place_of, require_dates
from vault.policies.parsing import parse

SOURCE: Final = "policy"


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What would be made, or what keeps it from being made.

    `policy` is there once the file is good, whatever becomes of the contract; `term`, `tenant`, `bucket` and `notices`
    once its dates are good too. `taken` means that a controller of this slug is here already.
    """

    problems: tuple[PolicyProblem, ...] = ()
    policy: Policy | None = None
    term: Contract | None = None
    taken: bool = False
    tenant: UUID | None = None
    bucket: str | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing would keep the onboarding from being done."""
        return not self.problems and not self.taken and self.term is not None


async def foresee(
    custody: Custody, caller: Caller, *, policy_file: str, starts_on: date | None, ends_on: date | None
) -> Outlook:
    """Read the file as an onboarding would, and say what would follow from it; nothing is made.

    Args:
        starts_on, ends_on: None where the dates are not known yet; then the file is checked by itself.

    Raises:
        NotAllowed: the caller is not an operator.
    """
    caller.require(Action.ONBOARD)
    try:
        policy = await parse(read_policy, policy_file, source=SOURCE)
    except PolicyInvalid as error:
        return Outlook(problems=error.problems)
    taken = await is_here(policy.slug)
    if starts_on is None or ends_on is None:
        return Outlook(policy=policy, taken=taken)
    try:
        require_dates(starts_on, ends_on)
    except Invalid as error:
        return Outlook(policy=policy, taken=taken, problems=tuple(_of_dates(error)))
    term = Contract(starts_on=starts_on, ends_on=ends_on, time_zone=policy.time_zone)
    tenant, bucket = place_of(custody, policy.slug, starts_on)
    return Outlook(
        problems=check_against_contract(policy, term, source=SOURCE),
        policy=policy,
        term=term,
        taken=taken,
        tenant=tenant,
        bucket=bucket,
        notices=tuple(before_end(term)),
    )


def _of_dates(error: Invalid) -> list[PolicyProblem]:
    return [
        PolicyProblem(source=SOURCE, line=None, path=one.field, problem=one.detail, remedy="give other dates")
        for one in error.problems
    ]
