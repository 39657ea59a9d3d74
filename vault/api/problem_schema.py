"""Every operation may answer with a problem, and says so where clients are generated from."""

from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    PathItem,
    Reference,
    Schema,
)

PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    title="Problem",
    description="RFC 9457. `type` is `urn:recording-vault:problem:` and a stable slug.",
    required=["type", "status", "title", "detail"],
    properties={
        "type": Schema(type=OpenAPIType.STRING),
        "status": Schema(type=OpenAPIType.INTEGER),
        "title": Schema(type=OpenAPIType.STRING),
        "detail": Schema(type=OpenAPIType.STRING),
        "rule": Schema(type=OpenAPIType.STRING, description="The slug of the rule of the policy that refused."),
        "clause": Reference(ref="#/components/schemas/ProblemClause"),
        "errors": Schema(
            type=OpenAPIType.ARRAY,
            description="Each field that breaks a rule.",
            items=Schema(
                type=OpenAPIType.OBJECT,
                required=["field", "rule", "detail"],
                properties={
                    "field": Schema(type=OpenAPIType.STRING),
                    "rule": Schema(type=OpenAPIType.STRING),
                    "detail": Schema(type=OpenAPIType.STRING),
                    "clause": Reference(ref="#/components/schemas/ProblemClause"),
                },
            ),
        ),
    },
)
CLAUSE = Schema(
    type=OpenAPIType.OBJECT,
    title="Clause",
    description="The promise of the published notice that refused, in its own words.",
    properties={
        name: Schema(type=OpenAPIType.INTEGER if name == "version" else OpenAPIType.STRING)
        for name in ("policy", "version", "id", "section", "text", "article")
    },
)

SCIM_ERROR = Schema(
    type=OpenAPIType.OBJECT,
    title="ScimError",
    description="RFC 7644 §3.12.",
    required=["schemas", "status"],
    properties={
        "schemas": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING)),
        "status": Schema(type=OpenAPIType.STRING),
        "scimType": Schema(type=OpenAPIType.STRING),
        "detail": Schema(type=OpenAPIType.STRING),
    },
)


def describe_problems(document: OpenAPI) -> None:
    """Give every operation the answer that a refusal or failure has, in place of the framework's own guess."""
    schemas = document.components.schemas
    schemas["Problem"], schemas["ProblemClause"] = PROBLEM, CLAUSE
    schemas["ScimError"] = SCIM_ERROR
    ours = {"application/problem+json": OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Problem"))}
    scims = {"application/scim+json": OpenAPIMediaType(schema=Reference(ref="#/components/schemas/ScimError"))}
    for path, item in (document.paths or {}).items():
        for operation in _operations(item):
            responses = operation.responses = dict(operation.responses or {})
            responses.pop("400", None)
            responses["default"] = OpenAPIResponse(
                description="Refused, or failed: what and why.", content=scims if path.startswith("/scim/") else ours
            )


def _operations(item: PathItem) -> list[Operation]:
    found = (item.get, item.head, item.post, item.patch, item.put, item.delete, item.options)
    return [operation for operation in found if operation is not None]
