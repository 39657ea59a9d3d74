"""By whom the controller's people are vouched for: set by two administrators, stopped by one."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field

from tenants.actions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.api.unprintable import Unprintable
from vault.identity import providers
from vault.identity.oidc import redirect_uri
from vault.identity.provider_model import Authentication, Secret, Settings, Word
from vault.identity.providers import Wanted


class ProviderRequest(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An OpenID provider, and how the vault proves itself there; with `private_key_jwt` the vault makes the key.

    The address that is registered at the provider is `/v1/sign-in/oidc/<the controller's name>/callback` of the vault.
    """

    issuer: Annotated[str, Meta(max_length=500)]
    client_id: Word
    authentication: Authentication
    client_secret: Secret | None = None
    settings: Settings = field(default_factory=Settings)
    reason: Why


class ProviderView(Struct, frozen=True, kw_only=True):
    """The provider as it is set; `redirect_uri` and `public_key` are what it is told about the vault."""

    id: UUID
    issuer: str
    client_id: str
    authentication: Authentication
    settings: Settings
    redirect_uri: str
    public_key: dict[str, Any] | None


@get("/identity-provider", operation_id="read_identity_provider", opt={"action": Action.MANAGE_SIGN_IN})
async def read_provider(custody: InCustody, caller: FromCaller) -> ProviderView:
    """The controller's provider; what the vault proves itself with there is not told."""
    found, slug = await providers.look(caller)
    return ProviderView(
        id=found.id,
        issuer=found.issuer,
        client_id=found.client_id,
        authentication=found.authentication,
        settings=found.settings,
        redirect_uri=redirect_uri(custody, slug),
        public_key=found.public_key,
    )


@post(
    "/identity-provider",
    operation_id="set_identity_provider",
    status_code=202,
    opt={"action": Action.MANAGE_SIGN_IN},
)
async def set_provider(data: JSONBody[ProviderRequest], custody: InCustody, caller: FromCaller) -> ProposalView:
    """Propose a provider, in place of the one before; another administrator decides on it."""
    wanted = Wanted(
        issuer=data.issuer,
        client_id=data.client_id,
        authentication=data.authentication,
        client_secret=data.client_secret,
        settings=data.settings,
    )
    return view(await providers.propose_provider(custody, caller, wanted, reason=data.reason))


@delete(
    "/identity-provider",
    operation_id="remove_identity_provider",
    status_code=204,
    opt={"action": Action.MANAGE_SIGN_IN},
)
async def remove_provider(custody: InCustody, caller: FromCaller) -> None:
    """Let nobody sign in by the provider any more, at once."""
    await providers.remove(custody, caller)


@delete(
    "/members/{member_id:uuid}/external-identity",
    operation_id="unlink_identity",
    status_code=204,
    opt={"action": Action.MANAGE_SIGN_IN},
)
async def unlink(member_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """Forget which of the provider's subjects a member is; at the next sign-in it is found anew."""
    await providers.unlink(custody, caller, member_id)


router = Router(path="/v1", tags=["sign-in"], route_handlers=[read_provider, set_provider, remove_provider, unlink])
