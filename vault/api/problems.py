"""Every error leaves as one problem+json (RFC 9457) that names the field and the rule."""

import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin
from msgspec import to_builtins

from tenants.decisions import Decision, Refused
from vault.errors import Invalid, Malformed, NotFound, RangeNotSatisfiable, RefusedByPolicy, TooMany, VaultError

TYPES = "urn:recording-vault:problem:"

_NOT_JSON = "The body is not JSON in UTF-8."
_DETAILS = {400: "The request cannot be read.", 404: "There is nothing at this address."}

log = structlog.get_logger()


def vault_problem(error: VaultError) -> ProblemDetailsException:
    """A refusal of ours, with its slug, its rules and, where one refused, the clause of the notice."""
    extra: dict[str, Any] = dict(error.extra)
    headers: dict[str, str] = {}
    if isinstance(error, Invalid) and error.problems:
        extra["errors"] = [
            {name: value for name, value in asdict(problem).items() if value is not None} for problem in error.problems
        ]
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return ProblemDetailsException(
        status_code=error.status,
        type_=TYPES + error.slug,
        title=error.title,
        detail=error.detail,
        headers=headers or None,
        extra=extra or None,
    )


def refused_problem(error: Refused) -> ProblemDetailsException:
    """A decision of the policy, quoting the promise that it keeps."""
    return vault_problem(refusal(error.decision))


def refusal(decision: Decision) -> VaultError:
    """The error for a refused decision; one that must stay hidden looks like nothing at all."""
    if decision.hidden:
        return NotFound()
    extra: dict[str, Any] = {"clause": to_builtins(decision.clause)} if decision.clause else {}
    return RefusedByPolicy(decision.reason, rule=decision.rule, **extra)


def http_problem(error: HTTPException) -> ProblemDetailsException:
    """One of the framework's own: a body that is not what the route takes, a path that is no route."""
    phrase = HTTPStatus(error.status_code).phrase
    if isinstance(error.__cause__, SerializationException):
        return vault_problem(Malformed(_NOT_JSON))
    if error.status_code == HTTPStatus.BAD_REQUEST and error.extra:
        problems = error.extra if isinstance(error.extra, list) else [error.extra]
        return ProblemDetailsException(
            status_code=400,
            type_=TYPES + "malformed",
            title="The request is malformed",
            detail="The request is not of the form that this route takes.",
            extra={"errors": [_as_field_problem(problem) for problem in problems]},
        )
    return ProblemDetailsException(
        status_code=error.status_code,
        type_=TYPES + phrase.lower().replace(" ", "-"),
        title=phrase,
        detail=_DETAILS.get(error.status_code) or error.detail or phrase,
        headers=error.headers,
    )


def _as_field_problem(problem: Any) -> dict[str, Any]:
    if not isinstance(problem, dict):
        return {"field": "", "rule": "form", "detail": str(problem)}
    field, detail = problem.get("key", ""), problem.get("message", "")
    # The framework calls the body as a whole `data`; msgspec names the field in its sentence alone.
    if field in ("", "data") and (named := re.search(r" field `(.*)`$", detail)):
        field = named[1]
    return {"field": "" if field == "data" else field, "rule": "form", "detail": detail}


class ReadableRequest(Request[Any, Any, Any]):
    """A request whose body is JSON, or is refused: the framework lets pass what its decoder raises besides."""

    async def json(self) -> Any:
        """The body. Raises Malformed."""
        try:
            return await super().json()
        except UnicodeDecodeError:
            raise Malformed(_NOT_JSON) from None
        except RecursionError:
            raise Malformed("The body is nested more deeply than anything that the vault takes.") from None


def unexpected_problem(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    """A fault of the vault: logged without local variables, told without particulars."""
    log.exception("request.failed")
    problem = ProblemDetailsException(
        status_code=500,
        type_=TYPES + "failed",
        title="The vault failed",
        detail="The vault failed. The error is logged under the request's id.",
    )
    return problem.to_response(request)


def plugin() -> ProblemDetailsPlugin:
    """The map from errors to problems; subclasses are covered by their base."""
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(
            exception_to_problem_detail_map={
                VaultError: vault_problem,
                Refused: refused_problem,
                HTTPException: http_problem,
            }
        )
    )
