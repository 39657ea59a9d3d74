"""Which people and groups of a directory the vault takes, and what of them: SCIM 2.0 (RFC 7643), as little as serves.

Attributes that stand here are kept, sealed; all others that a directory sends are dropped, as RFC 7644 §3.3 allows.
"""

from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    GroupMember,
    Meta,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models.resources.user import Email, GroupMembership, Name

MOST_RESULTS: Final = 200
"""Resources in one answer at most."""

AnyExtension = TypeVar("AnyExtension", bound=Extension)


class Work(Extension, use_attribute_docstrings=False):
    """What telephony calls somebody, by which their own calls are known."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:recording-vault:2.0:User")

    agent_id: Annotated[str | None, CaseExact.true] = Field(None, max_length=100)


class Manager(ComplexAttribute, use_attribute_docstrings=False):
    """The superior; the reference that RFC 7643 §4.3 demands beside the id is what nobody sends."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.read_write] = Field(  # type: ignore[type-arg] # a forward reference, as in scim2-models
        None, serialization_alias="$ref", validation_alias="$ref"
    )


class Enterprise(Extension, use_attribute_docstrings=False):
    """Of the enterprise extension (RFC 7643 §4.3), who somebody's superior is."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    manager: Manager | None = None


class User(Resource[AnyExtension], use_attribute_docstrings=False):
    """A person, as a directory names them (RFC 7643 §4.1)."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = Field(None, max_length=200)
    name: Name | None = None
    display_name: str | None = Field(None, max_length=200)
    active: bool | None = None
    emails: list[Email] | None = Field(None, max_length=10)
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class Group(Resource[Any], use_attribute_docstrings=False):
    """A group, as a directory names it (RFC 7643 §4.2); its members are people."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Uniqueness.server, Required.true] = Field(None, max_length=200)
    members: list[GroupMember] | None = None


Person: TypeAlias = "User[Any]"
"""What functions take and give; `USER` is the model that reads and writes it, with its extensions.

Quoted, as such types are in annotations: each would be built as a model of its own at every start, and used by nobody.
"""

USER: Final[Any] = User.__class_getitem__(Work | Enterprise)

POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""Microsoft Entra departs from RFC 7644 in these three; Okta keeps to it."""

CONFIG: Final = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="A token of the controller's provisioning machine.",
            primary=True,
        )
    ],
)

PROVIDER: Final = ScimProvider(
    models=[User, Group, Work, Enterprise],
    resource_types=[ResourceType.from_resource(USER), ResourceType.from_resource(Group)],
    config=CONFIG,
    policy=POLICY,
)


def agent_id_of(person: Person) -> str | None:
    """What telephony calls the person."""
    work = person[Work]
    return work.agent_id if work else None


def manager_of(person: Person) -> str | None:
    """The id of the person's superior, as the directory wrote it."""
    enterprise = person[Enterprise]
    return enterprise.manager.value if enterprise and enterprise.manager else None


def address_of(person: Person) -> str | None:
    """Where mail reaches the person: the primary address, else the first, else a user name that is one."""
    emails = [email for email in person.emails or [] if email.value]
    chosen = next((email for email in emails if email.primary), emails[0] if emails else None)
    address = str(chosen.value) if chosen else person.user_name or ""
    name, _, domain = address.strip().casefold().partition("@")
    return f"{name}@{domain}" if name and domain and len(address) <= 200 else None


def shown_name(person: Person) -> str:
    """By which name colleagues know the person: the one given for showing, or the parts of it, or the user name."""
    parts = person.name
    joined = " ".join(filter(None, (parts.given_name, parts.family_name))) if parts else ""
    return (person.display_name or (parts and parts.formatted) or joined or person.user_name or "")[:200]


def etag(version: int) -> str:
    """The weak entity tag of a version (RFC 7644 §3.14)."""
    return f'W/"{version}"'


def meta(kind: str, row: Any) -> Meta:
    """What a resource says of itself, but where it is served; `row` has its times and its version."""
    return Meta(resource_type=kind, created=row.created_at, last_modified=row.changed_at, version=etag(row.version))
