"""A certificate to try things on, and the key that signs it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import rfc8785

from vault.auditing.checkpoint_notes import Checkpoint, Tree
from vault.auditing.notes import Verifier
from vault.auditing.proofs import Inclusion
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.custody.tree import HashAt, hash_leaf, inclusion, root_of, root_over
from vault.custody.verification import Verification
from vault.destruction import certificates
from vault.destruction.certificates import Certificate

KEY = SigningKey(Secret(bytes(range(32))))
ORIGIN = "log.example/of-a-test"
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
        decided=certificates.Decided(by="policy", policy_versions=(1,)),
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
            keys_destroyed=1,
            shred_keys_destroyed=("content/20270430T2100Z",),
            object_versions_removed=2,
            delete_markers_removed=0,
            unfinished_uploads_removed=0,
            bucket="vault-prh-00000000",
            bucket_removed=False,
        ),
        verification=Verification(
            process="separate",
            at=AT,
            openings_attempted=1,
            openings_refused=1,
            listings=1,
            object_versions_left=0,
            rows_left=0,
        ),
        started_at=AT,
        key_destroyed_at=AT,
        caches_empty_by=AT + timedelta(seconds=5),
        root_key_deletion=None,
        ciphertext_removed_at=AT,
        completed_at=AT,
        backups=certificates.Backups(
            catalogue="P35D",
            keyring="P7D",
            catalogue_copies_gone_at=datetime(2027, 6, 5, tzinfo=UTC),
            keyring_copies_gone_at=datetime(2027, 5, 8, tzinfo=UTC),
        ),
        last_backup_copy_gone_at=datetime(2027, 6, 5, tzinfo=UTC),
        log=log(),
    )


def log(root: str = "ab" * 32) -> certificates.Log:
    """The event of that destruction as the seventh of a log of nine."""
    event = rfc8785.dumps({"act": "retention.expired", "details": {"merkle_root": root}, "object": str(UUID(int=1))})
    leaves = [hash_leaf(event if place == 6 else b"another") for place in range(9)]
    key = KEY.log_key()
    hashes = {HashAt(0, place): leaf for place, leaf in enumerate(leaves)}
    path = tuple(root_over(span, hashes) for span in inclusion(6, 9))
    checkpoint = Checkpoint.sign(Tree(ORIGIN, 9, root_of(leaves)), key)
    proof = Inclusion(6, path, str(checkpoint.note))
    return certificates.Log(seq=7, event=event.decode(), key=str(Verifier(ORIGIN, key.public_key)), proof=str(proof))
