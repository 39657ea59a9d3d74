"""What is somebody's own: who they are here, where they are signed in, and by which means."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.policy import Citation
from tenants.vocabulary import Role, Scope, SignInMethod
from vault.api.dependencies import FromCaller, InCustody, WithSessions
from vault.api.sign_in import Code, Credential, Password, Redeemed
from vault.api.unprintable import Unprintable
from vault.identity import own
from vault.identity.own import LONGEST_LABEL
from vault.identity.own_means import means
from vault.oversight.own_rights import standing
from vault.sessions import sessions_of


class Me(Struct, frozen=True, kw_only=True):
    """Who the vault takes the caller for."""

    id: UUID
    controller: UUID | None
    roles: list[Role]
    agent_id: str | None


class HearingView(Struct, frozen=True, kw_only=True):
    """What one role lets the caller hear, and the promise that says so; `minutes` where it is by breaking the glass."""

    role: Role
    purposes: list[str]
    scope: Scope | None
    minutes: int | None
    clause: Citation


class RightsView(Unprintable, frozen=True, kw_only=True):
    """The caller's own entry; until `last_day` those of their rights that are under review wait to be confirmed."""

    email: str
    name: str
    controller: str | None
    superior: str | None
    hearings: list[HearingView]
    reviewed_every: str | None
    reviewed_at: datetime | None
    last_day: date | None


class MeansView(Struct, frozen=True, kw_only=True):
    """By which means the caller may sign in, and which of them are set up."""

    methods: list[SignInMethod]
    password_since: datetime | None
    app_since: datetime | None
    codes_left: int


class SessionView(Struct, frozen=True, kw_only=True):
    """A session of one's own; `seen_at` is right to a minute, `current` is the one that asks.

    `program` is what it was opened with, such as `Firefox, Linux`; empty where that was no browser.
    """

    id: UUID
    method: SignInMethod
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime
    current: bool
    program: str


class PasswordChange(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password from now on."""

    password: Password


class NewCodeView(Unprintable, frozen=True, kw_only=True):
    """The secret for another app; `uri` is for its QR code."""

    secret: str
    uri: str


class Confirmation(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The present code of the app that is being set up."""

    code: Code


class PasskeyView(Struct, frozen=True, kw_only=True):
    """A passkey of one's own; `aaguid` tells the model of the authenticator where it is not zero."""

    id: UUID
    aaguid: str
    backed_up: bool
    made_at: datetime
    used_at: datetime | None
    label: str


class PasskeyName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which name its owner knows a passkey again; empty for none."""

    label: Annotated[str, Meta(max_length=LONGEST_LABEL)]


class PasskeyOptions(Unprintable, frozen=True, kw_only=True):
    """The options for `navigator.credentials.create()`, in their JSON form."""

    options: dict[str, Any]


class NewPasskey(Unprintable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `navigator.credentials.create()` gave, in its JSON form (`PublicKeyCredential.toJSON()`)."""

    credential: Credential


class Registered(Struct, frozen=True, kw_only=True):
    """The passkey's id here."""

    id: UUID


@get("/", operation_id="who_am_i", opt={"action": "signed_in"})
async def who_am_i(caller: FromCaller) -> Me:
    """Who the vault takes the caller for."""
    person = caller.person
    return Me(id=person.id, controller=person.tenant, roles=sorted(person.roles), agent_id=person.agent_id)


@get("/rights", operation_id="read_own_rights", opt={"action": "signed_in"})
async def read_own_rights(custody: InCustody, caller: FromCaller) -> RightsView:
    """The caller's own entry: what the notice lets them hear, and when their rights are reviewed."""
    return msgspec.convert(await standing(custody, caller), RightsView, from_attributes=True)


@get("/means", operation_id="read_own_means", opt={"action": "signed_in"})
async def read_own_means(custody: InCustody, caller: FromCaller) -> MeansView:
    """What the caller signs in with, without any secret."""
    return msgspec.convert(await means(custody, caller), MeansView, from_attributes=True)


@get("/sessions", operation_id="list_sessions", opt={"action": "signed_in"})
async def list_sessions(custody: InCustody, caller: FromCaller) -> list[SessionView]:
    """Where the caller is signed in, the newest first."""
    return [
        SessionView(
            id=session.id,
            method=session.method,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
            current=session.id == caller.credential,
            program=session.program,
        )
        for session in await sessions_of(custody, caller.tenant, caller.id)
    ]


@delete("/sessions/{session_id:uuid}", operation_id="end_session", status_code=204, opt={"action": "signed_in"})
async def end_session(session_id: FromPath[UUID], sessions: WithSessions, caller: FromCaller) -> None:
    """End one of the caller's own sessions, on a device that was left behind for example."""
    await sessions.end(caller, session_id)


@put("/password", operation_id="change_password", status_code=204, opt={"action": "signed_in"})
async def change_password(data: JSONBody[PasswordChange], custody: InCustody, caller: FromCaller) -> None:
    """Choose another password; all sessions end. It takes a session that was opened in the last quarter hour."""
    await own.change_password(custody, caller, data.password)


@post("/code", operation_id="begin_code", status_code=200, opt={"action": "signed_in"})
async def begin_code(custody: InCustody, caller: FromCaller) -> NewCodeView:
    """A secret for another authenticator app; the old one is good until this is confirmed."""
    made = await own.begin_code(custody, caller)
    return NewCodeView(secret=made.secret, uri=made.uri)


@put("/code", operation_id="confirm_code", opt={"action": "signed_in"})
async def confirm_code(data: JSONBody[Confirmation], custody: InCustody, caller: FromCaller) -> Redeemed:
    """Go over to the new app with its first code; all sessions end, and there are new recovery codes."""
    return Redeemed(recovery_codes=await own.confirm_code(custody, caller, data.code))


@post("/recovery-codes", operation_id="renew_recovery_codes", status_code=200, opt={"action": "signed_in"})
async def renew_recovery_codes(custody: InCustody, caller: FromCaller) -> Redeemed:
    """Ten new recovery codes in place of the old ones."""
    return Redeemed(recovery_codes=await own.renew_recovery_codes(custody, caller))


@get("/passkeys", operation_id="list_passkeys", opt={"action": "signed_in"})
async def list_passkeys(caller: FromCaller) -> list[PasskeyView]:
    """The caller's own passkeys."""
    return [
        PasskeyView(
            id=each.id,
            aaguid=each.aaguid,
            backed_up=each.backed_up,
            made_at=each.made_at,
            used_at=each.used_at,
            label=each.label,
        )
        for each in await own.list_passkeys(caller)
    ]


@post("/passkeys/options", operation_id="begin_passkey", status_code=200, opt={"action": "signed_in"})
async def begin_passkey(custody: InCustody, caller: FromCaller) -> PasskeyOptions:
    """The options for making another passkey, good for five minutes."""
    return PasskeyOptions(options=await own.begin_passkey(custody, caller))


@post("/passkeys", operation_id="add_passkey", opt={"action": "signed_in"})
async def add_passkey(data: JSONBody[NewPasskey], custody: InCustody, caller: FromCaller) -> Registered:
    """Register a passkey that was just made."""
    return Registered(id=await own.add_passkey(custody, caller, data.credential))


@put("/passkeys/{passkey_id:uuid}", operation_id="name_passkey", status_code=204, opt={"action": "signed_in"})
async def name_passkey(
    passkey_id: FromPath[UUID], data: JSONBody[PasskeyName], custody: InCustody, caller: FromCaller
) -> None:
    """Give a passkey a name of one's own."""
    await own.name_passkey(custody, caller, passkey_id, data.label)


@delete("/passkeys/{passkey_id:uuid}", operation_id="remove_passkey", status_code=204, opt={"action": "signed_in"})
async def remove_passkey(passkey_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """Remove a passkey; all sessions end. The only way in stays."""
    await own.remove_passkey(custody, caller, passkey_id)


router = Router(
    path="/v1/me",
    tags=["own account"],
    opt={"action": "signed_in"},
    route_handlers=[
        who_am_i,
        read_own_rights,
        read_own_means,
        list_sessions,
        end_session,
        change_password,
        begin_code,
        confirm_code,
        renew_recovery_codes,
        list_passkeys,
        begin_passkey,
        add_passkey,
        name_passkey,
        remove_passkey,
    ],
)
