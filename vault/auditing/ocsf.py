"""An event as OCSF 1.8 for a SIEM: Entity Management where it is about something, API Activity where it is not.

https://schema.ocsf.io/1.8.0/classes/entity_management and /classes/api_activity. Addresses of people are not in the
log, and so the source of an act is the vault itself.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from tenants.events.table import ACTS
from vault.auditing.events import Told

VERSION: Final = "1.8.0"
PRODUCT: Final = "recording-vault"

ENTITY_MANAGEMENT, IAM = 3004, 3
API_ACTIVITY, APPLICATION = 6003, 6
OTHER: Final = 99
INFORMATIONAL, LOW, HIGH = (1, "Informational"), (2, "Low"), (4, "High")

CREATE, READ, UPDATE, DELETE = (1, "Create"), (2, "Read"), (3, "Update"), (4, "Delete")

_VERBS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    dict.fromkeys(
        (
            "received",
            "registered",
            "issued",
            "opened",
            "placed",
            "invited",
            "made",
            "ordered",
            "requested",
            "onboarded",
        ),
        CREATE,
    )
    | dict.fromkeys(("searched", "described", "used", "read", "exported", "fetched", "traced", "listens_read"), READ)
    | dict.fromkeys(("changed", "renewed", "confirmed", "approved", "rotated", "published", "end_moved"), UPDATE)
    | dict.fromkeys(("destroyed", "removed", "revoked", "ended", "expired", "deactivated", "swept", "pruned"), DELETE)
)
"""What a verb is in OCSF's words; every other is an activity of its own name."""

ALARMS: Final = frozenset(
    {
        "part.found_altered",
        "integrity.failed",
        "part.missing",
        "key.missing",
        "retention.alarm",
        "disclosure.unconfirmed",
    }
)
"""What somebody must look at."""


def as_ocsf(tenant: UUID, event: Told) -> dict[str, Any]:
    """The event as one object of OCSF."""
    declared = ACTS.get(event.act)
    verb = event.act.partition(".")[2]
    activity, activity_name = _VERBS.get(verb, (OTHER, verb))
    severity, severity_name = severity_of(event)
    about = _entity(event, declared.of if declared else None, activity) if event.object else _call(event, activity)
    return about | {
        "activity_id": activity,
        "activity_name": activity_name,
        "time": round(datetime.fromisoformat(event.at).timestamp() * 1000),
        "severity_id": severity,
        "severity": severity_name,
        "status_id": 2 if event.outcome == "refused" else 1,
        "status": "Failure" if event.outcome == "refused" else "Success",
        "message": declared.means if declared else event.act,
        "metadata": _metadata(tenant, event),
        "actor": {"user": {"uid": event.actor}} if event.actor else {"app_name": PRODUCT},
        "unmapped": {"seq": event.seq, "leaf": event.leaf, **_said(event)},
    }


def severity_of(event: Told) -> tuple[int, str]:
    """How grave an event is: an alarm, a refusal, or what happens every day."""
    if event.act in ALARMS:
        return HIGH
    return LOW if event.outcome == "refused" else INFORMATIONAL


def _metadata(tenant: UUID, event: Told) -> dict[str, Any]:
    metadata = {
        "version": VERSION,
        "product": {"name": PRODUCT, "vendor_name": PRODUCT},
        "uid": f"{tenant}:{event.seq}",
        "event_code": event.act,
        "original_time": event.at,
        "tenant_uid": str(tenant),
        "log_name": "audit",
    }
    return metadata | ({"correlation_uid": event.request} if event.request else {})


def _entity(event: Told, noun: str | None, activity: int) -> dict[str, Any]:
    entity = {"uid": event.object, "type_id": OTHER, "type": noun or "object"}
    return _classified(ENTITY_MANAGEMENT, "Entity Management", IAM, "Identity & Access Management", activity) | {
        "entity": entity
    }


def _call(event: Told, activity: int) -> dict[str, Any]:
    return _classified(API_ACTIVITY, "API Activity", APPLICATION, "Application Activity", activity) | {
        "api": {"operation": event.act},
        "src_endpoint": {"svc_name": PRODUCT},
    }


def _classified(class_uid: int, name: str, category: int, category_name: str, activity: int) -> dict[str, Any]:
    return {
        "class_uid": class_uid,
        "class_name": name,
        "category_uid": category,
        "category_name": category_name,
        "type_uid": class_uid * 100 + activity,
    }


def _said(event: Told) -> dict[str, Any]:
    said = {"purpose": event.purpose, "clause": event.clause, "details": dict(event.details) or None}
    return {name: value for name, value in said.items() if value is not None}
