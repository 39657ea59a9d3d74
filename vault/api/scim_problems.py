"""Errors at SCIM's addresses have SCIM's own form (RFC 7644 §3.12), which a directory understands."""

from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from vault.errors import Conflict, Invalid, Malformed, TooMany, VaultError

MEDIA = "application/scim+json"

Asked = Request[Any, Any, Any]
Answer = Response[dict[str, Any]]

_TYPES: dict[type[VaultError], str] = {Malformed: "invalidSyntax", Invalid: "invalidValue", Conflict: "uniqueness"}
"""Which of SCIM's own words says it; most have none."""


def vault_error(_: Asked, error: VaultError) -> Answer:
    """A refusal of the vault's."""
    status = 400 if isinstance(error, Invalid) else error.status
    headers = {"retry-after": str(error.seconds)} if isinstance(error, TooMany) else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return _answer(status, error.detail, _TYPES.get(type(error)), headers)


def scim_error(_: Asked, error: SCIMException) -> Answer:
    """A request that SCIM itself forbids."""
    return _answer(error.status, str(error), error.scim_type or None)


def invalid(_: Asked, error: ValidationError) -> Answer:
    """A body or a filter that is not of the models' form; the first rule that it breaks."""
    first = Error.from_validation_errors(error)[0]
    return _answer(first.status or 400, first.detail or "The request is not of SCIM's form.", first.scim_type)


def http_error(_: Asked, error: HTTPException) -> Answer:
    """One of the framework's own, such as a body that is no JSON."""
    detail = HTTPStatus(error.status_code).phrase
    return _answer(error.status_code, detail, "invalidSyntax" if error.status_code == HTTPStatus.BAD_REQUEST else None)


def _answer(status: int, detail: str, kind: str | None, headers: dict[str, str] | None = None) -> Answer:
    body = Error(status=status, scim_type=kind, detail=detail).model_dump()
    return Response(body, status_code=status, media_type=MEDIA, headers=headers or {})


HANDLERS: dict[Any, Any] = {
    VaultError: vault_error,
    SCIMException: scim_error,
    ValidationError: invalid,
    HTTPException: http_error,
}
