"""The last step: the certificate is signed over what the rows and the log say, and stored with the event it names."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from msgspec import structs

from tenants.policy import Citation
from tenants.retention import parse_retention, promised_until
from vault.auditing.signing import log_verifier, prove, sign
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB
from vault.custody.forgetting import FORGOTTEN_WITHIN
from vault.custody.register import Tenancy, policies
from vault.custody.verification import Verification
from vault.destruction import certificates, journal, leaves
from vault.destruction.certificates import (
    Backups,
    Certificate,
    Clause,
    Decided,
    Log,
    Method,
    Person,
    Reason,
    RootKeyDeletion,
)
from vault.destruction.contract_change import CHANGE_CONTRACT
from vault.destruction.inventory import Inventory
from vault.proposals.model import State
from vault.returning.waiving import waived_by

ACTS = {
    Reason.EXPIRY: "retention.expired",
    Reason.CONTRACT_END: "contract.destroyed",
    Reason.ORDER: "order.carried_out",
    Reason.POLICY_CHANGE: "policy_change.carried_out",
    Reason.RESTORED: "restored.destroyed_again",
}
"""What the log calls a completed destruction."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a destruction has to say of itself, apart from its dates.

    Attributes:
        decided: who decided; None says so by the reason: the policy, or the contract's last day.
        root_key_gone_at: when a KMS will have deleted the controller's root key, if that is pending.
    """

    reason: Reason
    inventory: Inventory
    method: Method
    verification: Verification
    clauses: tuple[Clause, ...]
    decided: Decided | None = None
    root_key_gone_at: datetime | None = None


async def certify(custody: Custody, opened: journal.Opened, held: Tenancy, findings: Findings) -> None:
    """Complete a destruction in the controller's open scope: the event, then the certificate that names it.

    Raises:
        Superseded: somebody else has completed it; the scope must be left by this exception.
    """
    completed_at = custody.clock.now()
    if await leaves.count(opened.tenant, opened.id) != findings.inventory.parts:
        raise RuntimeError("A destruction is certified over the parts that were counted, each a leaf.")
    if findings.decided is None:
        findings = replace(findings, decided=await _decided(held, findings))
    log = await _record(custody, opened, findings, completed_at)
    certificate = _certificate(opened, held, findings, log, completed_at)
    signed = certificates.sign_certificate(certificate, custody.keyring.signing_key())
    await journal.complete(opened, certificate=signed, now=completed_at, parts=findings.inventory.parts)


def _certificate(
    opened: journal.Opened, held: Tenancy, findings: Findings, log: Log, completed_at: datetime
) -> Certificate:
    keys_destroyed_at, removed_at = opened.progress.keys_destroyed_at, opened.progress.ciphertext_removed_at
    if keys_destroyed_at is None or removed_at is None:
        raise RuntimeError("A destruction is certified after its keys and its ciphertext are gone.")
    if findings.decided is None:
        raise RuntimeError("A destruction is certified with whoever decided on it.")
    backups = _backups(held, keys_destroyed_at, completed_at)
    return Certificate(
        format=certificates.FORMAT,
        id=opened.id,
        controller=certificates.Controller(id=held.tenant, slug=held.slug, name=held.name),
        contract=certificates.Contract(
            id=held.contract_id, starts_on=held.contract.starts_on, ends_on=held.contract.ends_on
        ),
        reason=findings.reason,
        clauses=findings.clauses,
        decided=findings.decided,
        destroyed=findings.inventory.destroyed(),
        method=_listed(findings.method),
        verification=findings.verification,
        started_at=opened.started_at,
        key_destroyed_at=keys_destroyed_at,
        caches_empty_by=keys_destroyed_at + FORGOTTEN_WITHIN,
        root_key_deletion=_pending(findings.root_key_gone_at),
        ciphertext_removed_at=removed_at,
        completed_at=completed_at,
        backups=backups,
        last_backup_copy_gone_at=max(backups.catalogue_copies_gone_at, backups.keyring_copies_gone_at),
        log=log,
    )


async def clauses_of(tenant: UUID, inventory: Inventory) -> tuple[Clause, ...]:
    """The promises under which the parts were kept, each in the words of the policy version that made it."""
    cited = sorted({(tally.policy_version, tally.clause) for tally in inventory.tallies})
    made_under = await policies(tenant, {version for version, _ in cited})
    return tuple(clause(made_under[version].cite(name)) for version, name in cited)


def clause(citation: Citation) -> Clause:
    """A citation as a certificate quotes it."""
    return Clause(
        policy=citation.policy,
        version=citation.version,
        id=citation.id,
        section=citation.section,
        text=citation.text,
    )


async def _decided(held: Tenancy, findings: Findings) -> Decided:
    """Who decided, by the reason alone; the last day of a contract that was changed is what two persons made it.

    What a backup brought back of an ended contract goes by that contract's end again.
    """
    if findings.reason in (Reason.CONTRACT_END, Reason.RESTORED):
        return await _ended_by(held)
    if findings.reason is not Reason.EXPIRY:
        raise RuntimeError("Whatever neither a period nor a contract ends was decided by somebody.")
    versions = sorted({one.policy_version for one in findings.inventory.tallies})
    return Decided(by="policy", policy_versions=tuple(versions))


async def _ended_by(held: Tenancy) -> Decided:
    rows = await DB.fetch(
        "SELECT id, proposed_by, proposed_as, decided_by, decided_as FROM proposal WHERE tenant_id = $1"
        " AND object_id = $2 AND action = $3 AND state = $4 ORDER BY decided_at DESC, id LIMIT 1",
        held.tenant,
        held.contract_id,
        CHANGE_CONTRACT,
        State.CARRIED_OUT,
    )
    waived = await waived_by(held.tenant, held.contract_id)
    if not rows:
        return Decided(by="contract", return_waived=waived)
    row = rows[0]
    persons = (
        Person(id=row["proposed_by"], roles=tuple(row["proposed_as"]), act="proposed"),
        Person(id=row["decided_by"], roles=tuple(row["decided_as"]), act="approved"),
    )
    return Decided(by="persons", proposal=row["id"], persons=persons, return_waived=waived)


def _listed(method: Method) -> Method:
    keys = method.shred_keys_destroyed
    count = len(keys) + method.tenant_key_destroyed
    return structs.replace(method, keys_destroyed=count, shred_keys_destroyed=keys[: certificates.KEYS_LISTED])


def _pending(gone_at: datetime | None) -> RootKeyDeletion | None:
    return RootKeyDeletion(state="pending", at=gone_at) if gone_at else None


async def _record(custody: Custody, opened: journal.Opened, findings: Findings, completed_at: datetime) -> Log:
    """Append the event; the certificate holds it whole, with what shows anybody that it stands in the log."""
    details = {
        "recordings": findings.inventory.recordings,
        "parts": findings.inventory.parts,
        "merkle_root": findings.inventory.merkle_root,
    }
    event = audit.Event(act=ACTS[findings.reason], actor=None, object_id=opened.id, details=details)
    await audit.record(opened.tenant, event, now=completed_at)
    checkpoint = await sign(custody, opened.tenant)
    seq, body = await audit.entry(opened.tenant, act=event.act, object_id=opened.id)
    proof = await prove(opened.tenant, seq, checkpoint)
    return Log(seq=seq, event=body, key=str(log_verifier(custody, opened.tenant)), proof=str(proof))


def _backups(held: Tenancy, keys_destroyed_at: datetime, completed_at: datetime) -> Backups:
    """When the oldest backups that may still hold any of it are gone, by the horizons that the policy promises."""
    horizons = held.policy.backups
    return Backups(
        catalogue=horizons.catalogue,
        keyring=horizons.keyring,
        catalogue_copies_gone_at=_after(completed_at, horizons.catalogue, held.policy.time_zone),
        keyring_copies_gone_at=_after(keys_destroyed_at, horizons.keyring, held.policy.time_zone),
    )


def _after(moment: datetime, horizon: str, time_zone: str) -> datetime:
    gone = promised_until(moment, parse_retention(horizon), time_zone)
    if gone is None:
        raise RuntimeError("A backup horizon is a duration.")  # the policy language allows nothing else
    return gone
