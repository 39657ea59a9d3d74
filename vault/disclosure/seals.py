"""A package is sealed to a key of its recipient's: the one that is registered, or one that was given for this."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import rows
from vault.disclosure.model import Disclosure
from vault.disclosure.recipients import may_receive
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.packages.certificates import CertificateUnfit
from vault.packages.sealing import NewIdentity, NotAKey, Sealing, SealTo, new_identity, to_age, to_certificate
from vault.rights import decide_for

BEFORE_PACKING = (DisclosureState.REQUESTED, DisclosureState.HALF_APPROVED, DisclosureState.APPROVED)


@dataclass(frozen=True, kw_only=True)
class Seal:
    """To what a disclosure is sealed. `registered` where the organisation's own entry says so, which two persons made.

    `problem` says why nothing may be sealed to it any more, such as a certificate that has expired.
    """

    to: SealTo
    registered: bool
    generated: bool = False
    set_by: UUID | None = None
    set_at: datetime | None = None
    problem: str | None = None


async def seal_of(disclosure: Disclosure, *, now: datetime) -> Seal | None:
    """The key of a disclosure's recipient, in the controller's open scope; None while there is none."""
    registered = await _registered(disclosure)
    if registered is not None:
        return Seal(to=registered, registered=True, problem=_problem(registered, now))
    found = await DB.fetch(
        "SELECT sealing, public_key, generated, set_by, set_at FROM disclosure_seal"
        " WHERE tenant_id = $1 AND disclosure_id = $2",
        *(disclosure.tenant, disclosure.id),
    )
    if not found:
        return None
    to = SealTo(Sealing(found[0]["sealing"]), found[0]["public_key"])
    known = {name: found[0][name] for name in ("generated", "set_by", "set_at")}
    return Seal(to=to, registered=False, problem=_problem(to, now), **known)


async def read_seal(custody: Custody, caller: Caller, disclosure_id: UUID) -> Seal | None:
    """To what a disclosure is sealed, for those who decide on it and for whoever receives it.

    Raises:
        NotFound: no such disclosure that the caller has to do with.
    """
    async with tenant_scope(caller.tenant):
        disclosure = await _theirs(caller, disclosure_id)
        return await seal_of(disclosure, now=custody.clock.now())


async def set_age_key(custody: Custody, caller: Caller, disclosure_id: UUID, age_key: str) -> Seal:
    """Seal to an age key. Raises Invalid where it is none; otherwise as `set_generated`."""
    try:
        to = to_age(age_key)
    except NotAKey as error:
        raise Invalid(str(error), [FieldProblem("age_key", "age-recipient", str(error))]) from error
    return await _set(custody, caller, disclosure_id, to)


async def set_certificate(custody: Custody, caller: Caller, disclosure_id: UUID, pem: str) -> Seal:
    """Seal to an X.509 certificate. Raises Invalid where it is not fit; otherwise as `set_generated`."""
    try:
        to = to_certificate(pem, now=custody.clock.now())
    except CertificateUnfit as error:
        raise Invalid(str(error), [FieldProblem("certificate", error.rule, str(error))]) from error
    return await _set(custody, caller, disclosure_id, to)


async def set_generated(custody: Custody, caller: Caller, disclosure_id: UUID) -> tuple[Seal, NewIdentity]:
    """Make a key pair for a recipient who has none. Its secret is in this answer and nowhere else.

    Raises:
        NotAllowed: the caller neither decides on disclosures nor receives this one.
        NotFound: no such disclosure that the caller has to do with.
        Conflict: the organisation's registered key is used, or it is too late.
    """
    made = new_identity()
    return await _set(custody, caller, disclosure_id, made.to, generated=True), made


async def _set(custody: Custody, caller: Caller, disclosure_id: UUID, to: SealTo, *, generated: bool = False) -> Seal:
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        disclosure = await _theirs(caller, disclosure_id, lock=True)
        whose = await tenancy(caller.tenant, at=now)
        action = Action.DECIDE_DISCLOSURE if caller.may(Action.DECIDE_DISCLOSURE) else Action.RECEIVE_DISCLOSURE
        decide_for(caller, whose, action, now=now).enforce()
        await _require_may_be_set(disclosure)
        await _write(disclosure, caller, to, generated, now)
        found = await seal_of(disclosure, now=now)
    assert found is not None  # noqa: S101 - it was written just now
    return found


async def _theirs(caller: Caller, disclosure_id: UUID, *, lock: bool = False) -> Disclosure:
    disclosure = (await rows.fetch(caller.tenant, disclosure_id, lock=lock)).disclosure
    if not caller.may(Action.DECIDE_DISCLOSURE) and not await may_receive(disclosure, caller.id):
        raise NotFound
    return disclosure


async def _require_may_be_set(disclosure: Disclosure) -> None:
    if disclosure.state not in BEFORE_PACKING:
        raise Conflict("It is sealed already, or over: the key can be named only before.")
    if await _registered(disclosure) is not None:
        raise Conflict("It is sealed to the key that two persons registered for the organisation, and to no other.")


async def _write(disclosure: Disclosure, caller: Caller, to: SealTo, generated: bool, now: datetime) -> None:
    await DB.fetch(
        "INSERT INTO disclosure_seal (tenant_id, disclosure_id, sealing, public_key, generated, set_by, set_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, disclosure_id) DO UPDATE SET"
        " sealing = $3, public_key = $4, generated = $5, set_by = $6, set_at = $7",
        *(disclosure.tenant, disclosure.id, to.sealing, to.public_key, generated, caller.id, now),
    )
    details = {"sealing": to.sealing.value, "generated": generated}
    event = audit.Event(act="disclosure.key_named", actor=caller.id, object_id=disclosure.id, details=details)
    await audit.record(disclosure.tenant, event, now=now)


async def _registered(disclosure: Disclosure) -> SealTo | None:
    """The key of the organisation's entry: its certificate, or else its age key."""
    if disclosure.organisation_id is None:
        return None
    found = await DB.fetch(
        "SELECT certificate, age_key FROM organisation WHERE tenant_id = $1 AND id = $2",
        *(disclosure.tenant, disclosure.organisation_id),
    )
    if found and found[0]["certificate"]:
        return SealTo(Sealing.CMS, found[0]["certificate"])
    if found and found[0]["age_key"]:
        return SealTo(Sealing.AGE, found[0]["age_key"])
    return None


def _problem(to: SealTo, now: datetime) -> str | None:
    try:
        to.require_fit(now)
    except CertificateUnfit as error:
        return error.rule
    return None
