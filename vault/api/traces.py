"""Where a file comes from that turned up where it should not be."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import DisclosureKind
from vault.api.dependencies import FromCaller, InCustody
from vault.disclosure.tracing import By, trace

Mark = Annotated[str, Meta(max_length=64, description="as it stands in the file: rvmark- and 32 digits in hex")]
Sha256 = Annotated[str, Meta(max_length=64, description="of the file, in hex")]


class Trace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the file: the mark in it, or, where there is none, its hash."""

    mark: Mark | None = None
    sha256: Sha256 | None = None


class TracedView(Struct, frozen=True, kw_only=True):
    """A package that the file comes from; by its own hash (`file`) an original may come from several."""

    package: UUID
    disclosure: UUID
    kind: DisclosureKind
    by: By
    organisation: UUID | None
    recipients: list[UUID]
    fetched_by: list[UUID]
    made_at: datetime


class TraceResult(Struct, frozen=True, kw_only=True):
    """The packages, the newest first; none where the file is of no package of the controller's."""

    packages: list[TracedView]


@post("/packages/trace", operation_id="trace_package", status_code=200, opt={"action": Action.READ_DISCLOSURES})
async def trace_package(data: JSONBody[Trace], caller: FromCaller, custody: InCustody) -> TraceResult:
    """From which package a file comes, and to whom that was given."""
    traced = await trace(custody, caller, mark=data.mark, sha256=data.sha256)
    return TraceResult(packages=msgspec.convert(traced, list[TracedView], from_attributes=True))


router = Router(path="/v1", tags=["disclosures"], route_handlers=[trace_package])
