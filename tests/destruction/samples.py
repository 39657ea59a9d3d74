"""A certificate to try things on, and the key that signs it."""

from datetime import UTC, date, datetime
from uuid import UUID

from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.destruction import certificates
from vault.destruction.certificates import Certificate

KEY = SigningKey(Secret(bytes(range(32))))
AT = datetime(2027, 5, 1, 0, 0, 3, 250000, tzinfo=UTC)


def certificate() -> Certificate:
    """A certificate of an expiry, in the words of a Finnish notice."""
    return Certificate(
        format=certificates.FORMAT,
        id=UUID(int=1),
        controller=certificates.Controller(id=UUID(int=2), slug="prh", name="Patentti- ja rekisterihallitus"),
        contract=certificates.Contract(id=UUID(int=3), starts_on=date(2026, 1, 1), ends_on=date(2028, 12, 31)),
        reason=certificates.Reason.EXPIRY,
        clauses=(
            certificates.Clause(policy="prh", version=1, id="kept", section="9", text="Säilytämme äänitteet 6 kk €."),
        ),
        destroyed=certificates.Destroyed(
            recordings=0,
            parts=2,
            tallies=(
                certificates.Tally(
                    kind="call", part_class="content", policy_version=1, clause="kept", parts=2, bytes=5_000_000_000
                ),
            ),
            merkle_root="ab" * 32,
        ),
        method=certificates.Method(
            tenant_key_destroyed=False,
            shred_keys_destroyed=("content/20270430T2100Z",),
            object_versions_removed=2,
            delete_markers_removed=0,
            unfinished_uploads_removed=0,
            bucket="vault-prh-00000000",
            bucket_removed=False,
        ),
        verification=certificates.Verification(
            openings_attempted=1, openings_refused=1, object_versions_left=0, rows_left=0
        ),
        started_at=AT,
        key_destroyed_at=AT,
        ciphertext_removed_at=AT,
        completed_at=AT,
        last_backup_copy_gone_at=datetime(2027, 6, 5, tzinfo=UTC),
        log=certificates.Log(events=7, hash="cd" * 32),
    )
