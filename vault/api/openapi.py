"""The API's description as a committed file, from which a client can be generated."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.serialization import encode_json

from vault.api.app import DESCRIPTION, VERSION, create_api
from vault.api.files_described import describe_files
from vault.api.problem_schema import describe_problems
from vault.api.route_rights import describe_rights
from vault.custody.custody import Custody


def description() -> str:
    """The OpenAPI 3.1 document of the routes as they are in the code."""
    app = create_api(_nothing, described=_config())
    document = app.openapi_schema
    describe_problems(document)
    plain = json.loads(encode_json(document.to_schema()))
    describe_rights(app, plain)
    describe_files(app, plain)
    return json.dumps(plain, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Recording vault",
        version=VERSION,
        description="The policy that runs is the notice that was published. Errors are problem+json (RFC 9457).",
        use_handler_docstrings=True,
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
    )


@asynccontextmanager
async def _nothing() -> AsyncIterator[Custody]:
    raise RuntimeError("An application that is only described is not started.")
    yield


if __name__ == "__main__":
    DESCRIPTION.write_text(description())
