"""The last step: the certificate is signed over what the rows and the log say, and stored with the event it names."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.policy import Citation
from tenants.retention import parse_retention, promised_until
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.register import Tenancy, policies
from vault.destruction import certificates, journal
from vault.destruction.certificates import Clause, Method, Reason, Verification
from vault.destruction.inventory import Inventory

ACTS = {Reason.EXPIRY: "retention.expired", Reason.CONTRACT_END: "contract.destroyed"}
"""What the log calls a completed destruction."""


@dataclass(frozen=True)
class Findings:
    """What a destruction has to say of itself, apart from its dates."""

    reason: Reason
    inventory: Inventory
    method: Method
    verification: Verification
    clauses: tuple[Clause, ...]


async def certify(custody: Custody, opened: journal.Opened, held: Tenancy, findings: Findings) -> None:
    """Complete a destruction in the controller's open scope: the event, then the certificate that names it.

    Raises:
        Superseded: somebody else has completed it; the scope must be left by this exception.
    """
    completed_at = custody.clock.now()
    keys_destroyed_at, removed_at = opened.progress.keys_destroyed_at, opened.progress.ciphertext_removed_at
    if keys_destroyed_at is None or removed_at is None:
        raise RuntimeError("A destruction is certified after its keys and its ciphertext are gone.")
    head = await _record(opened, findings, completed_at)
    certificate = certificates.Certificate(
        format=certificates.FORMAT,
        id=opened.id,
        controller=certificates.Controller(id=held.tenant, slug=held.slug, name=held.name),
        contract=certificates.Contract(
            id=held.contract_id, starts_on=held.contract.starts_on, ends_on=held.contract.ends_on
        ),
        reason=findings.reason,
        clauses=findings.clauses,
        destroyed=findings.inventory.destroyed(),
        method=findings.method,
        verification=findings.verification,
        started_at=opened.started_at,
        key_destroyed_at=keys_destroyed_at,
        ciphertext_removed_at=removed_at,
        completed_at=completed_at,
        last_backup_copy_gone_at=_last_backup_gone(held, completed_at),
        log=certificates.Log(events=head.seq, hash=head.hash.hex()),
    )
    signed = certificates.sign_certificate(certificate, custody.keyring.signing_key())
    await journal.complete(opened, certificate=signed, now=completed_at)


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


async def _record(opened: journal.Opened, findings: Findings, completed_at: datetime) -> audit.Head:
    details = {
        "recordings": findings.inventory.recordings,
        "parts": findings.inventory.parts,
        "merkle_root": findings.inventory.merkle_root,
    }
    event = audit.Event(act=ACTS[findings.reason], actor=None, object_id=opened.id, details=details)
    await audit.record(opened.tenant, event, now=completed_at)
    return await audit.head(opened.tenant)


def _last_backup_gone(held: Tenancy, completed_at: datetime) -> datetime:
    """When the oldest backup that may still hold the ciphertext is gone, by the horizon that the policy promises."""
    horizon = parse_retention(held.policy.backup_horizon)
    gone = promised_until(completed_at, horizon, held.policy.time_zone)
    if gone is None:
        raise RuntimeError("A backup horizon is a duration.")  # the policy language allows nothing else
    return gone
