"""What a certificate tells, in one language, as labels and what stands beside them: for the document and for pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vault.custody.tree import hash_leaf
from vault.destruction.certificates import Certificate, Clause, checkpoint_of
from vault.destruction.document.words import words
from vault.printing import count, day_in, moment_in

KEYS_SHOWN = 6

Rows = list[tuple[str, str]]
"""Each label with what it tells."""


@dataclass(frozen=True)
class Line:
    """How much was destroyed of one kind and class, and under which clause."""

    kind: str
    part_class: str
    rule: str
    parts: str
    bytes: str


class Told:
    """One certificate, told in one language."""

    def __init__(self, certificate: Certificate, *, language: str, time_zone: str) -> None:
        self.certificate, self.words = certificate, words(language)
        self.language, self.zone = language, ZoneInfo(time_zone)

    def moment(self, instant: datetime) -> str:
        """An instant as people of this language write it, with its offset from UTC."""
        return moment_in(instant, self.language, self.zone)

    def summary(self) -> str:
        """What was destroyed and when, in a sentence or two."""
        c = self.certificate
        return self.words["summary"].format(
            parts=count(c.destroyed.parts),
            recordings=count(c.destroyed.recordings),
            key_at=self.moment(c.key_destroyed_at),
            gone_at=self.moment(c.last_backup_copy_gone_at),
        )

    def sections(self) -> Sequence[tuple[str, Rows]]:
        """What stands below a heading each, but for what was destroyed and why."""
        w = self.words
        return (
            (w["whose"], self.whose()),
            (w["who"], self.who()),
            (w["how"], self.how()),
            (w["verified"], self.verified()),
            (w["when"], self.when()),
            (w["log"], self.log()),
        )

    def whose(self) -> Rows:
        """Whose recordings they were, under which contract."""
        c, w = self.certificate, self.words
        first, last = self._day(c.contract.starts_on), self._day(c.contract.ends_on)
        return [
            (w["certificate"], str(c.id)),
            (w["controller"], f"{c.controller.name} ({c.controller.slug})"),
            (w["contract"], str(c.contract.id)),
            (w["term"], f"{first} \N{EN DASH} {last}"),
        ]

    def lines(self) -> list[Line]:
        """What was destroyed, by kind, class and clause."""
        w = self.words
        return [
            Line(
                kind=w[f"kind.{tally.kind}"],
                part_class=w[f"class.{tally.part_class}"],
                rule=f"{tally.clause}, {w['version'].format(version=tally.policy_version)}",
                parts=count(tally.parts),
                bytes=count(tally.bytes),
            )
            for tally in self.certificate.destroyed.tallies
        ]

    def total(self) -> tuple[str, str]:
        """All parts and bytes."""
        destroyed = self.certificate.destroyed
        return count(destroyed.parts), count(sum(tally.bytes for tally in destroyed.tallies))

    def reason(self) -> str:
        """Why it was destroyed."""
        return self.words[f"reason.{self.certificate.reason.value}"]

    def where(self, clause: Clause) -> str:
        """Where a promise stands in the published notice."""
        return f"{clause.policy}, {self.words['version'].format(version=clause.version)}: {clause.section}"

    def who(self) -> Rows:
        """Who decided."""
        decided, w = self.certificate.decided, self.words
        versions = ", ".join(str(version) for version in decided.policy_versions)
        rows = [(w["decision"], w[f"decided.{decided.by}"].format(versions=versions))]
        if decided.proposal:
            rows.append((w["proposal"], str(decided.proposal)))
        for person in decided.persons:
            roles = ", ".join(w.get(f"role.{role}", role) for role in person.roles)
            rows.append((w[f"act.{person.act}"], f"{person.id} ({roles})"))
        if decided.return_waived:
            rows.append((w["return_waived"], str(decided.return_waived)))
        return rows

    def how(self) -> Rows:
        """What was done."""
        m, w = self.certificate.method, self.words
        keys = count(m.keys_destroyed)
        if m.tenant_key_destroyed:
            keys = w["tenant_key"].format(keys=keys)
        named = ", ".join(m.shred_keys_destroyed[:KEYS_SHOWN]) + (", …" if m.keys_destroyed > KEYS_SHOWN else "")
        removed = w["removed_counts"].format(
            versions=count(m.object_versions_removed),
            markers=count(m.delete_markers_removed),
            uploads=count(m.unfinished_uploads_removed),
        )
        return [
            (w["method"], w["purge"]),
            (w["keys"], f"{keys}: {named}" if named else keys),
            (w["removed"], removed),
            (w["bucket"], w["bucket_removed"].format(bucket=m.bucket) if m.bucket_removed else m.bucket),
        ]

    def verified(self) -> Rows:
        """How it was verified."""
        v, w = self.certificate.verification, self.words
        openings = {"attempted": count(v.openings_attempted), "refused": count(v.openings_refused)}
        left = w["left_counts"].format(versions=v.object_versions_left, listings=v.listings, rows=v.rows_left)
        return [
            (w["verifier"], w[v.process]),
            (w["verified_at"], self.moment(v.at)),
            (w["openings"], w["openings_counts"].format(**openings)),
            (w["left"], left),
        ]

    def when(self) -> Rows:
        """When each step was done, and when the last backup is gone."""
        c, w = self.certificate, self.words
        pending = [("root_key", c.root_key_deletion.at)] if c.root_key_deletion else []
        told = [
            ("started", c.started_at),
            ("key_destroyed", c.key_destroyed_at),
            ("caches", c.caches_empty_by),
            *pending,
            ("ciphertext", c.ciphertext_removed_at),
            ("completed", c.completed_at),
        ]
        keyring = w["keyring_gone"].format(horizon=c.backups.keyring)
        catalogue = w["catalogue_gone"].format(horizon=c.backups.catalogue)
        return [
            *((w[name], self.moment(at)) for name, at in told),
            (keyring, self.moment(c.backups.keyring_copies_gone_at)),
            (catalogue, self.moment(c.backups.catalogue_copies_gone_at)),
            (w["gone"], self.moment(c.last_backup_copy_gone_at)),
        ]

    def log(self) -> Rows:
        """Where it stands in the log."""
        log, w = self.certificate.log, self.words
        signed = checkpoint_of(log).tree
        leaf = hash_leaf(log.event.encode()).hex()
        told = (
            ("event", str(log.seq)),
            ("leaf", leaf),
            ("log_size", str(signed.size)),
            ("log_root", signed.root.hex()),
        )
        return [(w[name], text) for name, text in told]

    def _day(self, day: date) -> str:
        return day_in(day, self.language)
