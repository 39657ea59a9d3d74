"""The five published policies, a contract that runs, and people of every role."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

import tenants
from tenants.contracts import Contract
from tenants.decisions import Person
from tenants.policy import Policy
from tenants.reading import read_policy
from tenants.recordings import Kind, Metadata
from tenants.vocabulary import Role

FOLDER = Path(tenants.__file__).parent
SLUGS = ("kaiku24", "prh", "tilastokeskus", "valtiokonttori", "vertaislaina")
TENANT = UUID("00000000-0000-4000-8000-000000000001")
NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def policy_texts() -> Mapping[str, str]:
    return {slug: (FOLDER / f"{slug}.toml").read_text(encoding="utf-8") for slug in SLUGS}


@pytest.fixture(scope="session")
def policies(policy_texts: Mapping[str, str]) -> Mapping[str, Policy]:
    return {slug: read_policy(text, source=f"{slug}.toml") for slug, text in policy_texts.items()}


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract(starts_on=date(2026, 1, 1), ends_on=date(2029, 12, 31), time_zone="Europe/Helsinki")


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def person() -> Callable[..., Person]:
    def of(*roles: Role, agent_id: str | None = None, tenant: UUID | None = TENANT) -> Person:
        return Person(id=UUID(int=7), tenant=tenant, roles=frozenset(roles), agent_id=agent_id)

    return of


@pytest.fixture(scope="session")
def delivered() -> Callable[..., Metadata]:
    def of(kind: Kind = Kind.CALL, **changes: object) -> Metadata:
        known: dict[str, object] = {"source_id": "pbx1-000123", "media_type": "audio/wav", "started_at": NOW}
        return Metadata(kind=kind, **{**known, **changes})  # type: ignore[arg-type]  # a builder for any field

    return of
