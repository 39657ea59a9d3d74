"""The rule is asked of the catalogue as it stands: when a disclosure is requested, decided on and carried out."""

from datetime import datetime

from tenants.decisions import Decision
from tenants.disclosure_rules import GivingFacts, may_disclose
from tenants.organisations import OrganisationFacts
from vault.custody.register import Tenancy
from vault.disclosure.model import Disclosure
from vault.errors import NotFound
from vault.organisations.facts import organisation_facts


async def asked(whose: Tenancy, disclosure: Disclosure, *, now: datetime) -> Decision:
    """Whether this may be given to this recipient at this moment, in the controller's open scope.

    The policy is the one in force now, and the organisation what the register says of it now.
    """
    terms = disclosure.terms
    facts = GivingFacts(
        kind=disclosure.kind,
        organisation=await _organisation(disclosure, now),
        legal_basis=terms.legal_basis,
        purpose=terms.purpose,
        permit_until=terms.permit_until,
        duty_until=disclosure.duty_until,
        valid_until=terms.valid_until,
        recorded=frozenset(item.kind for item in disclosure.given if item.kind is not None),
    )
    return may_disclose(whose.policy, facts, now)


async def _organisation(disclosure: Disclosure, now: datetime) -> OrganisationFacts | None:
    if disclosure.organisation_id is None:
        return None
    try:
        return await organisation_facts(disclosure.tenant, disclosure.organisation_id, now=now)
    except NotFound:
        return None
