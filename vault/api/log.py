"""The log as files, for whoever verifies it: checkpoints, tiles and proofs in the formats of c2sp.org."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from litestar import MediaType, Response, Router, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.auditing import serving
from vault.auditing.signing import log_verifier
from vault.auditing.witnesses import Witness

IMMUTABLE: Final = {"cache-control": "private, max-age=31536000, immutable"}
MUTABLE: Final = {"cache-control": "private, no-cache"}

LARGEST: Final = (1 << 63) - 1


class CosignatureRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A witness's signature line (cosignature/v1) under the checkpoint of a size."""

    size: int
    cosignature: str


class WitnessRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A witness's verifier key, of type 4 (c2sp.org/signed-note, vkey)."""

    vkey: str


class WitnessView(Struct, frozen=True, kw_only=True):
    """One witness; from `ended_at` on nothing of it is taken."""

    id: UUID
    name: str
    vkey: str
    registered_at: datetime
    ended_at: datetime | None


class WitnessList(Struct, frozen=True, kw_only=True):
    """Every witness of a log, in the order in which they came."""

    items: list[WitnessView]


@get(
    "/logs/{log_id:uuid}/key",
    operation_id="read_log_key",
    exclude_from_auth=True,
    opt={"action": "public", "file": "text/plain"},
)
async def read_key(log_id: FromPath[UUID], custody: InCustody) -> Response[str]:
    """The verifier key (vkey) of a log: keep it before it is needed. Whether there is such a log is not told."""
    return Response(f"{log_verifier(custody, log_id)}\n", media_type=MediaType.TEXT)


@get(
    "/logs/{log_id:uuid}/checkpoint",
    operation_id="read_checkpoint",
    opt={"action": Action.READ_LOG, "file": "text/plain"},
)
async def read_checkpoint(
    log_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
    size: Annotated[int | None, QueryParameter(ge=0, le=LARGEST)] = None,
    cosigned: FromQuery[bool] = False,
) -> Response[str]:
    """The newest checkpoint, or that of a size, or the newest that a witness cosigned, with all cosignatures."""
    note = await serving.checkpoint(custody, caller, log_id, size=size, cosigned=cosigned)
    return Response(str(note), media_type=MediaType.TEXT, headers=MUTABLE)


@get(
    "/logs/{log_id:uuid}/tile/{path:path}",
    operation_id="read_tile",
    opt={"action": Action.READ_LOG, "file": "application/octet-stream"},
)
async def read_tile(log_id: FromPath[UUID], path: FromPath[str], caller: FromCaller) -> Response[bytes]:
    """A tile (`/tile/{L}/{N}[.p/{W}]`) or an entry bundle (`/tile/entries/{N}[.p/{W}]`); neither ever changes."""
    content = await serving.tile(caller, log_id, f"tile{path}")
    return Response(content, media_type="application/octet-stream", headers=IMMUTABLE)


@get(
    "/logs/{log_id:uuid}/consistency",
    operation_id="prove_consistency",
    opt={"action": Action.READ_LOG, "file": "text/plain"},
)
async def prove_consistency(
    log_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
    old: Annotated[int, QueryParameter(ge=0, le=LARGEST)],
    size: Annotated[int | None, QueryParameter(ge=0, le=LARGEST)] = None,
) -> Response[str]:
    """That the log begins with the tree of an older size: the body that a witness takes (`add-checkpoint`)."""
    told = await serving.consistency(custody, caller, log_id, old=old, size=size)
    return Response(told, media_type=MediaType.TEXT, headers=MUTABLE)


@post(
    "/logs/{log_id:uuid}/cosignatures",
    operation_id="cosign_checkpoint",
    opt={"action": Action.READ_LOG, "file": "text/plain"},
)
async def cosign(
    log_id: FromPath[UUID], data: JSONBody[CosignatureRequest], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Bring a registered witness's cosignature; the answer is the checkpoint with it."""
    note = await serving.cosign(custody, caller, log_id, size=data.size, line=data.cosignature)
    return Response(str(note), media_type=MediaType.TEXT)


@post("/logs/{log_id:uuid}/witnesses", operation_id="register_witness", opt={"action": Action.MANAGE_WITNESSES})
async def register_witness(
    log_id: FromPath[UUID], data: JSONBody[WitnessRequest], custody: InCustody, caller: FromCaller
) -> WitnessView:
    """Take a witness for one's own log, by the key that it gave."""
    return _view(await serving.register_witness(custody, caller, log_id, data.vkey))


@get("/logs/{log_id:uuid}/witnesses", operation_id="list_witnesses", opt={"action": Action.READ_LOG})
async def list_witnesses(log_id: FromPath[UUID], caller: FromCaller) -> WitnessList:
    """Whose cosignatures are taken, and whose were."""
    return WitnessList(items=[_view(one) for one in await serving.list_witnesses(caller, log_id)])


@delete(
    "/logs/{log_id:uuid}/witnesses/{witness_id:uuid}",
    operation_id="end_witness",
    opt={"action": Action.MANAGE_WITNESSES},
)
async def end_witness(
    log_id: FromPath[UUID], witness_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> None:
    """Take no more of a witness's cosignatures; those that it gave stay."""
    await serving.end_witness(custody, caller, log_id, witness_id)


@get("/audit/events/{seq:int}/proof", operation_id="prove_event", opt={"action": Action.READ_LOG, "file": "text/plain"})
async def prove_event(
    seq: FromPath[int],
    custody: InCustody,
    caller: FromCaller,
    size: Annotated[int | None, QueryParameter(ge=0, le=LARGEST)] = None,
) -> Response[str]:
    """That an event stands in the log, for whoever has the log's key alone (c2sp.org/tlog-proof)."""
    proof = await serving.inclusion(custody, caller, seq, size=size)
    return Response(str(proof), media_type=MediaType.TEXT, headers=MUTABLE)


def _view(witness: Witness) -> WitnessView:
    return WitnessView(
        id=witness.id,
        name=witness.verifier.name,
        vkey=str(witness.verifier),
        registered_at=witness.registered_at,
        ended_at=witness.ended_at,
    )


router = Router(
    path="/v1",
    tags=["audit"],
    route_handlers=[
        read_key,
        read_checkpoint,
        read_tile,
        prove_consistency,
        cosign,
        register_witness,
        list_witnesses,
        end_witness,
        prove_event,
    ],
)
