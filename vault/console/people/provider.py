"""Who vouches for the controller's people at sign-in: proposed and tried here; two persons decide on another one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Request, Response, get, post

from tenants.decisions import Action
from tenants.directory import MAPPABLE
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.identity_provider import ProviderRequest
from vault.console import forms
from vault.console.language import _, mark
from vault.console.people.tabs import show
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.handlers import HANDLERS
from vault.identity import providers
from vault.identity.fetching import ProviderFailed
from vault.identity.oidc import redirect_uri
from vault.identity.provider_model import LONGEST_WORD, Authentication, Provider, Settings
from vault.identity.providers import SET_PROVIDER, Wanted
from vault.proposals.model import State
from vault.proposals.reading import proposals

MANAGED: Final = {"action": Action.MANAGE_SIGN_IN}
AT: Final = "/people/identity-provider"
NEEDED: Final = ("issuer", "client_id", "authentication", "reason")
OF_ROLE: Final = "role-"
"""How the field begins that holds the claim's values for a role, one a line."""

WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Authentication.CLIENT_SECRET_BASIC: mark("by a secret, in the request's head (client_secret_basic)"),
        Authentication.CLIENT_SECRET_POST: mark("by a secret, in the request's body (client_secret_post)"),
        Authentication.PRIVATE_KEY_JWT: mark("by a key that the vault makes (private_key_jwt)"),
    }
)

NOBODY: Final = "Nobody answers at this address."
FAILED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "address": "The vault asks nobody at this address.",
        "private-address": "The vault asks nobody at this address.",
        "no-address": "There is no such address.",
        "timeout": "Nobody answered at this address in time.",
        "answer": "What answers at this address does not describe itself as a provider.",
        "description": "What answers at this address does not describe itself as a provider.",
        "issuer": "The provider calls itself by another address: write it to the letter as the provider does.",
    }
)
"""Why a provider could not be tried (`vault.identity.fetching`)."""

ROLES: Final = tuple(role for role in Role if role in MAPPABLE)


@get(AT, opt=MANAGED)
async def show_provider(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The provider, without what the vault proves itself with, and a form for another one."""
    return await _shown(request, custody, caller)


@post(AT, status_code=200, opt=MANAGED)
async def propose_provider(request: Request[Caller, Any, Any], custody: InCustody, caller: FromCaller) -> Response[str]:
    """Try it and propose it; a second administrator confirms it, and nothing is changed before that."""
    given = forms.fields(await request.form())
    # What proves who the vault is goes into no page, not even the one that it came from.
    secret = given.pop("client_secret", None)
    try:
        asked = _asked(given, secret)
        wanted = Wanted(
            issuer=asked.issuer,
            client_id=asked.client_id,
            authentication=asked.authentication,
            client_secret=asked.client_secret,
            settings=asked.settings,
        )
        made = await providers.propose_provider(custody, caller, wanted, reason=asked.reason)
    except Invalid as error:
        problems = [_told(one) for one in error.problems]
        return await _shown(request, custody, caller, status=422, problems=problems, form=given)
    except ProviderFailed as error:
        problem = FieldProblem("issuer", error.why, FAILED.get(error.why, NOBODY))
        return await _shown(request, custody, caller, status=422, problems=[problem], form=given)
    except Conflict as error:
        problem = FieldProblem("", error.slug, error.detail)
        return await _shown(request, custody, caller, status=409, problems=[problem], form=given)
    return elsewhere(f"/proposals/{made.id}", done="proposed")


@post(f"{AT}/removal", opt=MANAGED)
async def remove_provider(custody: InCustody, caller: FromCaller) -> Response[str]:
    """Let nobody sign in by it any more, at once; one person may stop it."""
    await providers.remove(custody, caller)
    return elsewhere(AT, done="ended")


def _asked(given: dict[str, Any], secret: str | None) -> ProviderRequest:
    """The form as the API's own request, which says what is sound.

    Raises:
        Invalid: a field is empty that is needed, or not of its form.
    """
    empty = [FieldProblem(name, "missing", "This is needed.") for name in NEEDED if name not in given]
    if empty:
        raise Invalid("The form is not complete.", empty)
    settings: dict[str, Any] = {
        name: given[name] for name in ("role_claim", "agent_claim", "external_id_claim") if name in given
    }
    settings["roles"] = _roles(given)
    settings["email_domains"] = given.get("email_domains", "").lower().replace(",", " ").split()
    settings["scopes"] = given["scopes"].split() if "scopes" in given else Settings().scopes
    asked = {name: given[name] for name in NEEDED} | {"client_secret": secret, "settings": settings}
    return forms.shaped(asked, ProviderRequest)


def _roles(given: dict[str, Any]) -> dict[str, list[str]]:
    """Which roles each value of the claim stands for. Raises Invalid where a value is too long."""
    found: dict[str, list[str]] = {}
    for role in ROLES:
        values = dict.fromkeys(filter(None, map(str.strip, given.get(OF_ROLE + role, "").splitlines())))
        if any(len(value) > LONGEST_WORD for value in values):
            rule = f"A value has at most {LONGEST_WORD} characters; each stands on a line of its own."
            raise Invalid("The form is not complete.", [FieldProblem(OF_ROLE + role, "length", rule)])
        for value in values:
            found.setdefault(value, []).append(role)
    return found


def _told(problem: FieldProblem) -> FieldProblem:
    """A problem of the request at the form's own field, and of a domain in other words than its pattern."""
    field = problem.field.removeprefix("settings.").partition("[")[0]
    detail = "Write domains such as firm.example, with spaces between them." if field == "email_domains" else None
    return FieldProblem(field, problem.rule, detail or problem.detail)


async def _shown(
    request: Request[Caller, Any, Any],
    custody: Custody,
    caller: Caller,
    *,
    status: int = 200,
    problems: list[FieldProblem] | None = None,
    form: dict[str, Any] | None = None,
) -> Response[str]:
    found, slug = await providers.look_for(caller)
    proposed = await proposals(custody, HANDLERS, caller, state=State.PROPOSED)
    return await show(
        request,
        "provider",
        "sign_in",
        status=status,
        problems=problems,
        provider=found,
        redirect=redirect_uri(custody, slug),
        waiting=[one for one in proposed if one.action == SET_PROVIDER],
        form=_written(found) if form is None else form,
        ways=WAYS,
        way_options=[(str(way), _(word)) for way, word in WAYS.items()],
        role_fields=[(OF_ROLE + role, role) for role in ROLES],
    )


def _written(provider: Provider | None) -> dict[str, Any]:
    """The form as it begins: the provider that is set, without its secret, or what most have in common."""
    settings = provider.settings if provider else Settings()
    form: dict[str, Any] = {
        "scopes": " ".join(settings.scopes),
        "role_claim": settings.role_claim,
        "agent_claim": settings.agent_claim,
        "external_id_claim": settings.external_id_claim,
        "email_domains": " ".join(settings.email_domains),
    }
    for role in ROLES:
        form[OF_ROLE + role] = "\n".join(sorted(value for value, roles in settings.roles.items() if role in roles))
    if provider:
        form |= {name: getattr(provider, name) for name in ("issuer", "client_id")}
        form["authentication"] = str(provider.authentication)
    return form
