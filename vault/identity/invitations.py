"""An invitation taken up: with a password and an authenticator app, or with a passkey."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from tenants.vocabulary import Role, SignInMethod
from vault.credentials import digest_of
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, narrow, platform_scope
from vault.custody.register import Tenancy
from vault.custody.tables import Credential
from vault.errors import FieldProblem, Invalid, Unauthenticated
from vault.identity import codes, passkeys, passwords
from vault.identity.methods import held_by, methods_for, require_method
from vault.identity.signing_in import login_index
from vault.identity.taking_up import tell_taken_up

T = TypeVar("T")

SPENT: Final = "The invitation is unknown, spent or out of date."


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What somebody may choose who was invited. The app's secret is good until this is asked for again.

    `controller` is the short name of whoever invites them, which sign-in asks for; both are empty for an operator.
    """

    methods: tuple[SignInMethod, ...]
    email: str = field(repr=False)
    secret: str = field(repr=False)
    uri: str = field(repr=False)
    passkey: dict[str, Any] = field(repr=False)
    controller: str
    controller_name: str


@dataclass(frozen=True)
class _Invited:
    tenant: UUID
    member: UUID
    email: str = field(repr=False)
    name: str = field(repr=False)
    roles: frozenset[Role]
    slug: str
    held: Tenancy | None
    code: codes.Kept | None


async def look_at(custody: Custody, invitation: str) -> Opening:
    """What an invitation offers; it is not spent by that.

    Raises:
        Unauthenticated: it is unknown, spent or out of date.
    """
    invited, secret = await _find(custody, invitation), codes.new_code_secret()
    kept = await codes.sealed_anew(custody, invited.tenant, secret)
    async with platform_scope():
        await narrow(invited.tenant)
        await codes.insert_unconfirmed(invited.member, kept, now=custody.clock.now())
    user = passkeys.User(invited.tenant, invited.member, invited.email, invited.name)
    return Opening(
        methods=tuple(way for way in methods_for(invited.held, invited.roles)),
        email=invited.email,
        secret=secret,
        uri=codes.uri(secret, invited.email),
        passkey=await passkeys.begin_registration(custody, user, known=()),
        controller=invited.slug,
        controller_name=invited.held.name if invited.held else "",
    )


async def redeem_with_password(
    custody: Custody, invitation: str, password: str, *, code: str, secret: str | None = None
) -> list[str]:
    """Take an invitation up with a password and an app; the invitation is then spent.

    Args:
        code: the app's present code, which shows that it was set up.
        secret: of a hardware token that came with one; otherwise the one that `look_at` gave.

    Returns:
        The recovery codes, at the only moment they are shown.

    Raises:
        Invalid: the password is too weak, the code is not of this secret, or the secret is none.
        Unauthenticated: the invitation is unknown, spent or out of date.
        RefusedByPolicy: the controller's people sign in by other means.
    """
    passwords.require_good(password, ())
    invited = await _find(custody, invitation)
    passwords.require_good(password, (invited.email, invited.name, invited.slug))
    require_method(SignInMethod.PASSWORD_AND_CODE, invited.held, invited.roles)
    kept = invited.code
    if secret is not None:
        kept = await codes.sealed_anew(custody, invited.tenant, codes.checked_secret(secret))
    step = await codes.step_of(custody, kept, code) if kept else None
    if kept is None or step is None:
        rule = FieldProblem("code", "wrong", "This is not the present code of the app that was set up.")
        raise Invalid("The code is wrong.", [rule])
    verifier, now = await passwords.hashed(password), custody.clock.now()

    async def write() -> list[str]:
        if secret is not None:
            await codes.insert_unconfirmed(invited.member, kept, now=now)
        if not await codes.confirm(invited.member, kept, step, now=now):
            raise Invalid("Another secret was given out meanwhile: begin again.")
        await set_password(custody, invited.tenant, invited.member, invited.slug, invited.email, verifier)
        return await codes.make_recovery_codes(invited.tenant, invited.member, now=now)

    return await _spend(custody, invitation, invited, SignInMethod.PASSWORD_AND_CODE, write)


async def redeem_with_passkey(custody: Custody, invitation: str, credential: dict[str, Any]) -> None:
    """Take an invitation up with a passkey that was made for it; the invitation is then spent.

    Raises:
        Invalid: the passkey was not made for this invitation, or its user was not verified.
        Unauthenticated: the invitation is unknown, spent or out of date.
        RefusedByPolicy: the controller's people sign in by other means.
    """
    invited = await _find(custody, invitation)
    require_method(SignInMethod.PASSKEY, invited.held, invited.roles)
    made = await passkeys.finish_registration(custody, invited.tenant, invited.member, credential)

    async def write() -> None:
        await passkeys.insert(invited.tenant, invited.member, made, now=custody.clock.now())

    await _spend(custody, invitation, invited, SignInMethod.PASSKEY, write)


async def set_password(custody: Custody, tenant: UUID, member: UUID, slug: str, email: str, verifier: str) -> None:
    """The member's password from now on, in the open scope."""
    await DB.fetch("DELETE FROM credential WHERE member_id = $1 AND kind = 'password'", member)
    await Credential.insert(
        Credential(
            tenant_id=tenant,
            id=uuid4(),
            member_id=member,
            kind="password",
            digest=login_index(custody, slug, email),
            verifier=verifier,
            scopes=[],
            created_at=custody.clock.now(),
        )
    )


async def _find(custody: Custody, invitation: str) -> _Invited:
    now = custody.clock.now()
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT tenant_id, member_id FROM credential WHERE kind = 'invitation' AND digest = $1"
            " AND revoked_at IS NULL AND expires_at > $2",
            digest_of(invitation),
            now,
        )
        if not rows:
            raise Unauthenticated(SPENT)
        tenant, member = rows[0]["tenant_id"], rows[0]["member_id"]
        await narrow(tenant)
        found = await DB.fetch("SELECT email, name, roles FROM member WHERE id = $1 AND active", member)
        if not found:
            raise Unauthenticated(SPENT)
        held = await held_by(tenant, now=now)
        kept = await codes.find(member, confirmed=False)
    roles = frozenset(Role(role) for role in found[0]["roles"])
    slug = held.slug if held else ""
    return _Invited(tenant, member, found[0]["email"], found[0]["name"], roles, slug, held, kept)


async def _spend(
    custody: Custody,
    invitation: str,
    invited: _Invited,
    method: SignInMethod,
    write: Callable[[], Awaitable[T]],
) -> T:
    """Spend the invitation and write what was chosen, together: of two who come at once one takes it up."""
    now = custody.clock.now()
    async with platform_scope():
        await narrow(invited.tenant)
        spent = await DB.fetch(
            "UPDATE credential SET revoked_at = $1 WHERE kind = 'invitation' AND digest = $2"
            " AND revoked_at IS NULL AND expires_at > $1 RETURNING id",
            now,
            digest_of(invitation),
        )
        if not spent:
            raise Unauthenticated(SPENT)
        written = await write()
        event = audit.Event(act="invitation.redeemed", actor=invited.member, details={"method": str(method)})
        await audit.record(invited.tenant, event, now=now)
        await tell_taken_up(invited.tenant, invited.member, invited.roles, now=now)
    return written
