"""What one package says and holds: as was approved, and in the words of the notice and the law that it rests on."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.disclosure_rules import clause_of
from tenants.policy import Citation
from tenants.vocabulary import DisclosureKind
from vault.access.statements import stated
from vault.auditing.signing import log_verifier, sign
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.custody.register import Tenancy
from vault.disclosure.model import Disclosure, ItemState
from vault.disclosure.reporting import report_of
from vault.disclosure.reviewing import REPORTED
from vault.disclosure.seals import Seal
from vault.packages import parts
from vault.packages.cover import Cover, Listed, cover
from vault.packages.custody_chain import LogThen, custody_member
from vault.packages.given import Making, Statement
from vault.packages.marks import new_mark
from vault.packages.members import Basis, Contents, Controller, Language, Member, Recipient, Scope
from vault.packages.pseudonyms import Pseudonyms
from vault.packages.recordings import members_of
from vault.printing import spoken

BY_LAW: Final = MappingProxyType(
    {
        DisclosureKind.SUBJECT_ACCESS: "GDPR Art. 15(3)",
        DisclosureKind.AGENT_ACCESS: "GDPR Art. 15(3)",
    }
)
"""What the law itself gives, whatever a notice says."""

WITHOUT_NAME: Final = MappingProxyType(
    {DisclosureKind.SUBJECT_ACCESS: "data subject", DisclosureKind.AGENT_ACCESS: "agent"}
)
"""What a recipient is called who is a person: no name stands in a manifest."""


@dataclass(frozen=True, kw_only=True)
class Packing:
    """One package under way: whose, of what, to whom, and the terms that all of its files share."""

    whose: Tenancy
    disclosure: Disclosure
    making: Making
    recipient: Recipient
    scope: Scope
    log: LogThen
    language: str
    clause: Citation | None = field(default=None, repr=False)

    @property
    def duty_until(self) -> date | None:
        """By which day the recipient returns or destroys it, where the controller is."""
        until = self.disclosure.duty_until
        return None if until is None else until.astimezone(ZoneInfo(self.whose.policy.time_zone)).date()


async def begin(
    custody: Custody, whose: Tenancy, disclosure: Disclosure, seal: Seal, *, package: UUID, now: datetime
) -> Packing:
    """All that a package says of itself, in the controller's open scope."""
    clause = _clause(whose, disclosure)
    purpose = disclosure.terms.purpose
    law = disclosure.terms.legal_basis or BY_LAW.get(disclosure.kind)
    controller = Controller(id=whose.tenant, slug=whose.slug, name=whose.name)
    making = Making(
        package=package,
        disclosure=disclosure.id,
        mark=new_mark(),
        kind=disclosure.kind,
        controller=controller,
        basis=Basis(
            policy_version=whose.policy.version, law=law, clause=clause.text if clause else None, purpose=purpose
        ),
        made_at=now,
        pseudonyms=Pseudonyms() if disclosure.kind is DisclosureKind.RESEARCH else None,
    )
    return Packing(
        whose=whose,
        disclosure=disclosure,
        making=making,
        recipient=Recipient(
            name=await _name(whose, disclosure), sealing=seal.to.sealing.value, key=seal.to.fingerprint
        ),
        scope=_scope(disclosure),
        log=LogThen(await sign(custody, whose.tenant), str(log_verifier(custody, whose.tenant))),
        language=spoken(whose.policy.languages),
        clause=clause,
    )


def contents(custody: Custody, packing: Packing) -> Contents:
    """The package itself, opened file by file as it is written."""
    making = packing.making
    return Contents(
        id=making.package,
        disclosure=making.disclosure,
        mark=making.mark,
        kind=making.kind.value,
        controller=making.controller,
        recipient=packing.recipient,
        basis=making.basis,
        scope=packing.scope,
        custody_head=packing.log.head(),
        language=cast(Language, packing.language),
        made_at=making.made_at,
        members=_members(custody, packing),
        duty_until=packing.duty_until,
    )


async def _members(custody: Custody, packing: Packing) -> AsyncGenerator[Member, None]:
    yield cover(_cover(packing), language=packing.language)
    for item in packing.disclosure.given:
        kept = await parts.find(custody, packing.disclosure.tenant, item.recording_id)
        said = await stated(custody, packing.disclosure.tenant, item.recording_id)
        statements = [Statement(at=one.stated_at, text=one.text) for one in said]
        async for member in members_of(custody, packing.making, kept, item.limits, statements):
            yield member
    for member in await report_of(
        custody, packing.whose, packing.disclosure, packing.making, language=packing.language
    ):
        yield member
    given = [item.recording_id for item in packing.disclosure.given]
    yield custody_member(packing.disclosure.tenant, packing.making, given, packing.log)


def _cover(packing: Packing) -> Cover:
    disclosure, policy = packing.disclosure, packing.whose.policy
    purpose = policy.purposes.allowed.get(disclosure.terms.purpose or "")
    return Cover(
        making=packing.making,
        policy=policy,
        recipient=packing.recipient,
        scope=packing.scope,
        recordings=[
            Listed(
                id=item.recording_id,
                kind=item.kind,
                limits=item.limits,
                started_at=item.started_at,
                duration_ms=item.given_ms,
            )
            for item in disclosure.given
            if item.kind is not None
        ],
        clause=packing.clause,
        purpose=purpose.title if purpose else None,
        case_number=disclosure.details.case_number if disclosure.details else None,
        certificates=_certificates(disclosure),
        duty_until=packing.duty_until,
        secret_until=disclosure.secret_until,
        report=disclosure.kind in REPORTED,
    )


def _certificates(disclosure: Disclosure) -> list[UUID]:
    """By which destructions went what was asked for and is no more."""
    gone = {item.destruction_id for item in disclosure.items if item.state is ItemState.DESTROYED}
    return sorted(each for each in gone if each is not None)


def _scope(disclosure: Disclosure) -> Scope:
    states = [item.state for item in disclosure.items]
    return Scope(
        sha256=disclosure.scope_sha256.hex(),
        recordings=len(disclosure.given),
        duration_ms=sum(item.given_ms or 0 for item in disclosure.given),
        restricted=states.count(ItemState.RESTRICTED),
        destroyed=states.count(ItemState.DESTROYED),
        excluded=states.count(ItemState.EXCLUDED),
    )


def _clause(whose: Tenancy, disclosure: Disclosure) -> Citation | None:
    """The promise that it rests on; for the controller's own use, that of its purpose."""
    policy = whose.policy
    clause = clause_of(policy, disclosure.kind)
    purpose = policy.purposes.allowed.get(disclosure.terms.purpose or "")
    return policy.cite(purpose.clause) if clause is None and purpose is not None else clause


async def _name(whose: Tenancy, disclosure: Disclosure) -> str:
    """What the recipient is called in the package, in the open scope."""
    if disclosure.organisation_id is None:
        return WITHOUT_NAME.get(disclosure.kind, whose.name)
    rows = await DB.fetch(
        "SELECT name FROM organisation WHERE tenant_id = $1 AND id = $2", *(whose.tenant, disclosure.organisation_id)
    )
    return str(rows[0]["name"])
