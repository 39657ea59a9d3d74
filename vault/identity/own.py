"""What people change about their own way in: password, app, recovery codes, passkeys.

Each takes a session that was opened minutes ago, so that an unlocked screen gives nobody an account for good. What
replaces or removes a proof ends all sessions; adding one ends none.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from tenants.vocabulary import SignInMethod
from vault import sessions
from vault.accounts import Caller, require_still_in
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound
from vault.identity import codes, passkeys, passwords
from vault.identity.invitations import set_password
from vault.identity.methods import held_by, require_method
from vault.identity.passkeys import Passkey, User
from vault.members import signed_out

RECENT: Final = timedelta(minutes=15)
LONGEST_LABEL: Final = 60


@dataclass(frozen=True)
class NewCode:
    """The secret of an app that is being set up, at the only moment it is shown."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def change_password(custody: Custody, caller: Caller, password: str) -> None:
    """Choose another password; who signs in by passkey alone gets one that way, and then sets up an app.

    Raises:
        NotAllowed: a token, or a session that was not opened just now.
        Invalid: the password is too weak.
        RefusedByPolicy: the controller's people sign in by other means.
    """
    user, held = await _me(custody, caller)
    slug = held.slug if held else ""
    require_method(SignInMethod.PASSWORD_AND_CODE, held, caller.person.roles)
    passwords.require_good(password, (user.email, user.name, slug))
    verifier, now = await passwords.hashed(password), custody.clock.now()
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        await set_password(custody, caller.tenant, caller.id, slug, user.email, verifier)
        await signed_out(caller.id, now=now)
        event = audit.Event(act="password.changed", actor=caller.id, object_id=caller.id)
        await audit.record(caller.tenant, event, now=now)
    await sessions.forget_all(custody, caller.tenant, caller.id)


async def begin_code(custody: Custody, caller: Caller) -> NewCode:
    """A secret for another app; the old one is good until this is confirmed. Raises NotAllowed as above."""
    user, _ = await _me(custody, caller)
    secret = codes.new_code_secret()
    kept = await codes.sealed_anew(custody, caller.tenant, secret)
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        await codes.insert_unconfirmed(caller.id, kept, now=custody.clock.now())
    return NewCode(secret, codes.uri(secret, user.email))


async def confirm_code(custody: Custody, caller: Caller, code: str) -> list[str]:
    """From now on the new app is the one; the answer is new recovery codes.

    Raises:
        NotAllowed: a token, or a session that was not opened just now.
        Invalid: it is not the code of the app that is being set up.
    """
    _require_recent(custody, caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        kept = await codes.find(caller.id, confirmed=False)
    step = await codes.step_of(custody, kept, code) if kept else None
    if kept is None or step is None:
        rule = FieldProblem("code", "wrong", "This is not the present code of the app that is being set up.")
        raise Invalid("The code is wrong.", [rule])
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        if not await codes.confirm(caller.id, kept, step, now=now):
            raise Conflict("Another secret was given out meanwhile: begin again.")
        made = await codes.make_recovery_codes(caller.tenant, caller.id, now=now)
        await signed_out(caller.id, now=now)
        event = audit.Event(act="code.enrolled", actor=caller.id, object_id=caller.id)
        await audit.record(caller.tenant, event, now=now)
    await sessions.forget_all(custody, caller.tenant, caller.id)
    return made


async def renew_recovery_codes(custody: Custody, caller: Caller) -> list[str]:
    """Ten new recovery codes; the old ones are good no more. Raises NotAllowed as above."""
    _require_recent(custody, caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        made = await codes.make_recovery_codes(caller.tenant, caller.id, now=now)
        details = {"codes": len(made)}
        event = audit.Event(act="recovery_codes.made", actor=caller.id, object_id=caller.id, details=details)
        await audit.record(caller.tenant, event, now=now)
    return made


async def list_passkeys(caller: Caller) -> list[Passkey]:
    """The caller's own passkeys."""
    async with tenant_scope(caller.tenant):
        return await passkeys.passkeys_of(caller.id)


async def begin_passkey(custody: Custody, caller: Caller) -> dict[str, Any]:
    """Options for another passkey. Raises NotAllowed, RefusedByPolicy as above."""
    user, held = await _me(custody, caller)
    require_method(SignInMethod.PASSKEY, held, caller.person.roles)
    async with tenant_scope(caller.tenant):
        known = await passkeys.credentials_of(caller.id)
    return await passkeys.begin_registration(custody, user, known)


async def add_passkey(custody: Custody, caller: Caller, credential: dict[str, Any]) -> UUID:
    """Register a passkey; its id is the answer.

    Raises:
        NotAllowed, RefusedByPolicy: as above.
        Invalid: it was not made for this person, here and now.
        Conflict: it is registered already, or there are too many.
    """
    _, held = await _me(custody, caller)
    require_method(SignInMethod.PASSKEY, held, caller.person.roles)
    made, now = await passkeys.finish_registration(custody, caller.tenant, caller.id, credential), custody.clock.now()
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        passkey = await passkeys.insert(caller.tenant, caller.id, made, now=now)
        event = audit.Event(act="passkey.added", actor=caller.id, object_id=passkey)
        await audit.record(caller.tenant, event, now=now)
    return passkey


async def name_passkey(custody: Custody, caller: Caller, passkey: UUID, label: str) -> None:
    """Give a passkey the name by which its owner knows it again.

    Raises:
        NotFound: the caller has no such passkey.
        Invalid: the name is too long.
    """
    if len(label) > LONGEST_LABEL:
        rule = f"A name has at most {LONGEST_LABEL} characters."
        raise Invalid("The name is too long.", [FieldProblem("label", "longest", rule)])
    async with tenant_scope(caller.tenant):
        await require_still_in(caller)
        sql = "UPDATE passkey SET label = $3 WHERE member_id = $1 AND id = $2 RETURNING id"
        if not await DB.fetch(sql, caller.id, passkey, label.strip()):
            raise NotFound
        event = audit.Event(act="passkey.named", actor=caller.id, object_id=passkey)
        await audit.record(caller.tenant, event, now=custody.clock.now())


async def remove_passkey(custody: Custody, caller: Caller, passkey: UUID) -> None:
    """Remove a passkey, a lost one for example.

    Raises:
        NotAllowed: a token, or a session that was not opened just now.
        NotFound: the caller has no such passkey.
        Conflict: without it the person would have no way in.
    """
    _require_recent(custody, caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        # One at a time, so that of two passkeys removed at once one stays.
        await require_still_in(caller)
        held = {row.id for row in await passkeys.passkeys_of(caller.id)}
        if passkey not in held:
            raise NotFound
        if len(held) == 1 and not await _has_password_and_code(caller.id):
            raise Conflict("It is the only way in: register another passkey first, or a password and an app.")
        await DB.fetch("DELETE FROM passkey WHERE member_id = $1 AND id = $2", caller.id, passkey)
        await signed_out(caller.id, now=now)
        event = audit.Event(act="passkey.removed", actor=caller.id, object_id=passkey)
        await audit.record(caller.tenant, event, now=now)
    await sessions.forget_all(custody, caller.tenant, caller.id)


async def _has_password_and_code(member: UUID) -> bool:
    found = await DB.fetch(
        "SELECT 1 FROM credential c JOIN code_secret s ON s.tenant_id = c.tenant_id AND s.member_id = c.member_id"
        " WHERE c.member_id = $1 AND c.kind = 'password' AND c.revoked_at IS NULL AND s.confirmed_at IS NOT NULL",
        member,
    )
    return bool(found)


async def _me(custody: Custody, caller: Caller) -> tuple[User, Tenancy | None]:
    """Who the caller is, and the controller they are of. Raises NotAllowed unless they signed in just now."""
    _require_recent(custody, caller)
    async with tenant_scope(caller.tenant):
        row = (await DB.fetch("SELECT email, name FROM member WHERE id = $1", caller.id))[0]
        held = await held_by(caller.tenant, now=custody.clock.now())
    return User(caller.tenant, caller.id, row["email"], row["name"]), held


def is_recent(custody: Custody, caller: Caller) -> bool:
    """Whether the caller signed in just now, and so may change how they sign in."""
    return caller.signed_in_at is not None and custody.clock.now() - caller.signed_in_at <= RECENT


def is_stale(custody: Custody, caller: Caller) -> bool:
    """Whether the caller came with a session that was not opened just now: anybody may sit before its screen."""
    return caller.signed_in_at is not None and not is_recent(custody, caller)


def require_not_stale(custody: Custody, caller: Caller) -> None:
    """Raises NotAllowed for a session that was not opened just now; a token is its owner's program, and no screen."""
    if is_stale(custody, caller):
        raise NotAllowed("Sign in again first: this takes a session that was opened just now.")


def _require_recent(custody: Custody, caller: Caller) -> None:
    if caller.signed_in_at is None:
        raise NotAllowed("A token does not change how its owner signs in: sign in.")
    require_not_stale(custody, caller)
