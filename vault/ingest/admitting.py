"""A recording is admitted or refused by what is said of it, before any of its bytes are taken."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import to_builtins
from msgspec.structs import replace

from tenants.admission import Refusal, admit, normalised
from tenants.decisions import Action, Refused
from tenants.expiry import Expiry, expiries_by
from tenants.policy import KindRule, Policy
from tenants.recordings import Direction, Kind, Metadata, PartClass
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy, policies_since, tenancy
from vault.errors import FieldProblem, Invalid, UnsupportedMedia
from vault.ingest import transcripts
from vault.ingest.audio import container_of
from vault.ingest.shape import told
from vault.rights import decide_for

YEARS = range(1970, 2200)
"""Years outside are nobody's recording, and fall off the calendar when a retention is added to them."""


@dataclass(frozen=True)
class Admission:
    """A recording that may be stored: for whom, under which rule, and when each of its parts goes.

    `later` are the versions of the policy that have come into force since it was recorded.
    """

    tenancy: Tenancy
    metadata: Metadata
    rule: KindRule
    expiries: dict[PartClass, Expiry]
    later: tuple[Policy, ...] = ()

    @property
    def tenant(self) -> UUID:
        return self.tenancy.tenant

    @property
    def bucket(self) -> str:
        return self.tenancy.bucket

    def live(self, part_class: PartClass, now: datetime) -> Expiry | None:
        """When parts of a class go; None where the policy has no such class, or their time is up already."""
        expiry = self.expiries.get(part_class)
        if expiry is None or (expiry.destroy_at is not None and expiry.destroy_at <= now):
            return None
        return expiry

    def waiting(self, now: datetime) -> tuple[PartClass, Expiry]:
        """The class and expiry of pieces that wait for the rest: digits are in them still, so they go as digits go."""
        digits = self.live(PartClass.IDENTIFIERS, now)
        if digits is not None:
            return PartClass.IDENTIFIERS, digits
        return PartClass.CONTENT, self.expiries[PartClass.CONTENT]


class NotAdmitted(Invalid):
    """The policy or the contract forbids storing the recording; each rule that forbids it is named with its clause."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        problems = [
            FieldProblem(refusal.field, refusal.rule, refusal.reason, to_builtins(refusal.clause))
            for refusal in refusals
        ]
        super().__init__(f"The recording is refused. {refusals[0].reason}", problems)
        self.extra["clause"] = problems[0].clause
        self.clause = refusals[0].clause.id


def read_metadata(data: bytes) -> Metadata:
    """What a source says of a recording, from JSON; times in UTC.

    Raises:
        Invalid: it is not of the shape; the field is named.
    """
    try:
        metadata = msgspec.json.decode(data, type=Metadata)
    except msgspec.ValidationError as error:
        field, sentence = told(error, {"kind": Kind, "direction": Direction})
        problem = FieldProblem(field.replace("[...]", ""), "shape", sentence)
        raise Invalid(f"What is said of the recording is not of the shape. {sentence}", [problem]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("What is said of the recording is not JSON in UTF-8.") from None
    started_at = _in_utc("started_at", metadata.started_at)
    ended_at = None if metadata.ended_at is None else _in_utc("ended_at", metadata.ended_at)
    return replace(metadata, started_at=started_at, ended_at=ended_at)


async def admitted(caller: Caller, metadata: Metadata, *, now: datetime) -> Admission:
    """Admit a recording, in the open scope, under the policy that was in force when it was made.

    A version that has come into force since moves its days as it has moved those of what was stored in time.

    Raises:
        NotAllowed, Refused: the caller may not deliver recordings, or nobody may any more.
        NotAdmitted: the policy or the contract forbids this one.
        UnsupportedMedia: its kind does not come as this media type.
    """
    controller = await tenancy(caller.tenant, at=metadata.started_at)
    decide_for(caller, controller, Action.INGEST, now=now).enforce()
    later = await policies_since(controller, now=now)
    refusals = admit(controller.policy, controller.contract, metadata, now, later)
    rule = controller.policy.kind(metadata.kind)
    goes = expiries_by(controller.policy, later, metadata.kind, metadata.started_at)
    if refusals or rule is None or goes is None:
        raise NotAdmitted(refusals)
    _require_media_type(metadata)
    return Admission(controller, normalised(metadata), rule, goes, later)


async def audit_refusal(caller: Caller, error: Exception, *, upload_id: UUID | None, now: datetime) -> None:
    """Write down that the policy, or a decoder, refused a recording: by which rules, and nothing of what it was."""
    clause: str | None
    match error:
        case NotAdmitted():
            clause, rules = error.clause, {problem.rule for problem in error.problems}
        case Refused():
            clause = error.decision.clause.id if error.decision.clause else None
            rules = {error.decision.rule}
        case Invalid():
            clause, rules = None, {problem.rule for problem in error.problems}
        case _:
            return
    event = audit.Event(
        act="recording.refused",
        actor=caller.id,
        object_id=upload_id,
        clause=clause,
        outcome="refused",
        details={"rules": sorted(rules)},
    )
    async with tenant_scope(caller.tenant):
        await audit.record(caller.tenant, event, now=now)


def _require_media_type(metadata: Metadata) -> None:
    if metadata.kind is Kind.CALL:
        container_of(metadata.media_type)
    elif metadata.media_type.partition(";")[0].strip().lower() != transcripts.MEDIA_TYPE:
        raise UnsupportedMedia(f"A {metadata.kind.value} is taken as a transcript, {transcripts.MEDIA_TYPE}.")


def _in_utc(field: str, moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC)
    if moment.year not in YEARS:
        sentence = f"The year lies outside of {YEARS[0]} to {YEARS[-1]}."
        raise Invalid(f"{field}: {sentence}", [FieldProblem(field, "shape", sentence)])
    return moment
