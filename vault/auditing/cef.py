"""An event as a line of CEF (ArcSight Common Event Format, version 0), for a SIEM that takes lines."""

import importlib.metadata
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from tenants.events.table import ACTS
from vault.auditing.events import Told
from vault.auditing.ocsf import PRODUCT, severity_of

VERSION: Final = importlib.metadata.version("recording-vault")

_SEVERITIES: Final = {1: 1, 2: 5, 4: 9}
"""From OCSF's numbers to CEF's, which go from 0 to 10."""


def as_cef(tenant: UUID, event: Told) -> str:
    """The event as one line, without its end."""
    declared = ACTS.get(event.act)
    header = (PRODUCT, PRODUCT, VERSION, event.act, declared.means if declared else event.act)
    severity = _SEVERITIES[severity_of(event)[0]]
    extension = {
        "rt": str(round(datetime.fromisoformat(event.at).timestamp() * 1000)),
        "externalId": str(event.seq),
        "outcome": event.outcome,
        "suid": event.actor,
        "cs1Label": "controller",
        "cs1": str(tenant),
        "cs2Label": "object" if event.object else None,
        "cs2": event.object,
        "cs3Label": "purpose" if event.purpose else None,
        "cs3": event.purpose,
        "cs4Label": "clause" if event.clause else None,
        "cs4": event.clause,
        "cs5Label": "details" if event.details else None,
        "cs5": msgspec.json.encode(event.details).decode() if event.details else None,
        "cs6Label": "leaf",
        "cs6": event.leaf,
        "requestId": event.request,
    }
    told = " ".join(f"{name}={_value(value)}" for name, value in extension.items() if value is not None)
    return f"CEF:0|{'|'.join(map(_field, header))}|{severity}|{told}"


def _field(text: str) -> str:
    """A field of the header: a pipe and a backslash are escaped, a line's end is not allowed."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def _value(text: str) -> str:
    """A value of the extension: an equals sign and a backslash are escaped, and so is a line's end."""
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")
