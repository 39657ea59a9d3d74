"""What a data subject may ask beside the copy (Art. 15(1)): as JSON for machines, and as pages for people.

It comes from the policy in force, in whose words each promise is quoted, from the register of disclosures and from the
log: when somebody listened and for which purpose, when its contact record or its notes were read, and nobody's name
(C-579/21).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tenants.policy import Citation, Policy
from tenants.recordings import Kind, PartClass
from tenants.vocabulary import Party, Right
from vault.access.consulted import Consultation
from vault.access.kept import Kept
from vault.packages.given import Making
from vault.packages.listens import Listen
from vault.packages.members import Member
from vault.packages.notes import Noted
from vault.packages.report_pages import pdf

FORMAT: Final = "recording-vault/access-report@v1"
JSON_FILE: Final = "access-report.json"
PDF_FILE: Final = "access-report.pdf"

_OWED: Final = frozenset({Right.ACCESS, Right.RECTIFICATION, Right.RESTRICTION})
"""The rights that the Regulation gives whatever the processing rests on."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """Somebody to whom recordings were given (Art. 15(1)(c)); who is kept secret until a date is not among them."""

    recipient: str
    at: datetime
    basis: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One recording of the data subject's, each listen to it and other consultation, and what was noted of it."""

    kept: Kept
    listens: Sequence[Listen]
    consultations: Sequence[Consultation] = ()
    notes: Sequence[Noted] = ()


def access_report(
    making: Making,
    policy: Policy,
    recordings: Sequence[Reported],
    received: Iterable[Received],
    *,
    language: str,
    party: Party = Party.CUSTOMER,
) -> list[Member]:
    """The files `access-report.json` and `access-report.pdf`.

    Args:
        recordings: those that the data subject is in.
        received: who was given any of them.
        language: one of `vault.printing.LANGUAGES`.
        party: which end of the interaction asks; a right may be granted to one and not to the other.
    """
    report = _report(making, policy, recordings, received, party)
    written = json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n"
    return [
        Member.of(PDF_FILE, "application/pdf", pdf(report, language=language, time_zone=policy.time_zone)),
        Member.of(JSON_FILE, "application/json", written),
    ]


def _report(
    making: Making, policy: Policy, recordings: Sequence[Reported], received: Iterable[Received], party: Party
) -> dict[str, Any]:
    kinds = sorted({one.kept.recording.kind for one in recordings})
    return {
        "format": FORMAT,
        "mark": making.mark,
        "made_at": _date(making.made_at),
        "policy": {"slug": policy.slug, "version": policy.version},
        "controller": {"name": policy.controller.name, "contact": policy.controller.contact},
        "data_protection_officer": policy.dpo.contact,
        "purposes": _purposes(policy, kinds),
        "categories": [_category(policy, kind) for kind in kinds],
        "retention": [entry for kind in kinds for entry in _retention(policy, kind)],
        "recipients": [_received(one) for one in received],
        "recordings": [_recording(policy, one) for one in recordings],
        "rights": [_right(policy, right, party) for right in Right],
        "complaint": {"authority": "tietosuoja.fi", "article": "77"},
        "source": "the contact itself",
        "automated_decisions": {
            "decisions": policy.automated_decisions.decisions,
            "profiling": policy.automated_decisions.profiling,
            "clause": _quoted(policy.cite(policy.automated_decisions.clause)),
        },
        "transfers": {"area": policy.transfer.area.value, "clause": _quoted(policy.cite(policy.transfer.clause))},
    }


def _purposes(policy: Policy, kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    named = {name for kind in kinds if (rule := policy.kind(kind)) for name in rule.purposes}
    return [
        {
            "purpose": name,
            "title": purpose.title,
            "legal_basis": purpose.legal_basis.value,
            **({"special_category": purpose.special_category.value} if purpose.special_category else {}),
            "clause": _quoted(policy.cite(purpose.clause)),
        }
        for name, purpose in policy.purposes.allowed.items()
        if name in named
    ]


def _category(policy: Policy, kind: Kind) -> dict[str, Any]:
    rule = policy.kind(kind)
    if rule is None:
        return {"kind": kind.value, "contact_fields": [], "clause": _quoted(policy.cite(policy.recorded.clause))}
    return {
        "kind": kind.value,
        "contact_fields": [name.value for name in rule.contact_fields],
        "clause": _quoted(policy.cite(rule.contact_clause)),
    }


def _retention(policy: Policy, kind: Kind) -> list[dict[str, Any]]:
    rule = policy.kind(kind)
    if rule is None:
        return []
    return [
        {
            "kind": kind.value,
            "part": part.value,
            "keep": kept.keep,
            "clause": _quoted(policy.cite(kept.clause)),
        }
        for part, kept in rule.retention.by_class().items()
    ]


def _received(one: Received) -> dict[str, Any]:
    basis = {} if one.basis is None else {"basis": one.basis}
    return {"recipient": one.recipient, "at": _date(one.at), **basis}


def _recording(policy: Policy, one: Reported) -> dict[str, Any]:
    recording = one.kept.recording
    until = {
        part.name: None if part.goes_at is None else _date(part.goes_at)
        for part in recording.parts
        if part.name in (PartClass.CONTENT.value, PartClass.CONTACT.value) and part.is_live(recording.at)
    }
    return {
        "id": str(recording.id),
        "kind": recording.kind.value,
        "started_at": _date(recording.started_at),
        "kept_until": until,
        "listens": [_listen(policy, listen) for listen in one.listens],
        "consultations": [_consulted(policy, consulted) for consulted in one.consultations],
        "notes": [{"written_at": _date(note.written_at), "at_ms": note.at_ms, "text": note.text} for note in one.notes],
    }


def _listen(policy: Policy, listen: Listen) -> dict[str, Any]:
    named = policy.purposes.allowed.get(listen.purpose)
    told: dict[str, Any] = {"at": _date(listen.at), "purpose": listen.purpose}
    if named is not None:
        told["title"] = named.title
    if listen.reason is not None:
        told["reason"] = listen.reason
    return told


def _consulted(policy: Policy, consulted: Consultation) -> dict[str, Any]:
    named = policy.purposes.allowed.get(consulted.purpose or "")
    told: dict[str, Any] = {"at": _date(consulted.at), "what": consulted.what}
    if named is not None:
        told |= {"purpose": consulted.purpose, "title": named.title}
    return told


def _right(policy: Policy, right: Right, party: Party) -> dict[str, Any]:
    """What the notice says of a right; of one that the Regulation owes, a notice that is silent takes nothing."""
    rule = policy.rights.get(right)
    if rule is None:
        return {"right": right.value, "granted": "by_law"}
    granted = rule.granted and (party is Party.CUSTOMER or party in rule.also_for)
    stands = "granted" if granted else "by_law" if right in _OWED else "not_granted"
    return {"right": right.value, "granted": stands, "clause": _quoted(policy.cite(rule.clause))}


def _quoted(clause: Citation) -> dict[str, str]:
    return {"id": clause.id, "section": clause.section, "text": clause.text}


def _date(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
