"""Signing in with a password and a code: in the same words and the same time, whatever was wrong.

The work is the same for an account that is not there: a verifier is compared, a secret is opened, an event is written
(into the firm's log), the failure is counted.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tenants.vocabulary import Role, SignInMethod
from vault.accounts import Sessions
from vault.credentials import Issued
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.errors import TooMany, Unauthenticated
from vault.identity import codes, lockout, passwords
from vault.identity.lockout import Attempt, From
from vault.identity.methods import held_by, require_method

WRONG: Final = "The address, the password or the code is wrong."
METHOD: Final = SignInMethod.PASSWORD_AND_CODE
NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What somebody says to be let in. `controller` is a slug, empty for the firm's operators."""

    controller: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True)
class LetIn:
    """A session, and the secret by which its device is known from now on; both are shown once."""

    session: Issued
    device: str = field(repr=False)


@dataclass(frozen=True)
class _Account:
    tenant: UUID
    member: UUID
    verifier: str = field(repr=False)
    code: codes.Kept | None
    recovery: bool
    """Whether what was said as the code is a recovery code."""

    roles: frozenset[Role]


@dataclass
class Door:
    """Where people with a password and a code come in."""

    custody: Custody
    _nobodys_code: codes.Kept | None = field(default=None, repr=False)

    async def sign_in(self, proof: Proof, source: From, *, bound_to: str = "", program: str = "") -> LetIn:
        """Open a session. The same address may belong to members of several controllers, and none learns of another.

        Raises:
            Unauthenticated: something was wrong; nobody learns what.
            RefusedByPolicy: all was right, and the controller's people sign in by other means.
            TooMany: after too many failures from there.
            Unavailable: Valkey or the catalogue does not answer.
        """
        login = login_index(self.custody, proof.controller, proof.email)
        attempt = await lockout.begin(self.custody, login, source)
        account = await self._find(login, proof.code)
        is_password = await passwords.matches(account.verifier if account else None, proof.password)
        step = await codes.step_of(self.custody, await self._code_of(account), proof.code)
        if account is None or not is_password or not await self._admits(attempt, account, proof.code, step):
            raise await self._refuse(account)
        async with tenant_scope(account.tenant):
            held = await held_by(account.tenant, now=self.custody.clock.now())
        require_method(METHOD, held, account.roles)
        session = await Sessions.open(
            self.custody, account.tenant, account.member, method=METHOD, bound_to=bound_to, program=program
        )
        return LetIn(session, await lockout.succeed(self.custody, attempt))

    async def _find(self, login: bytes, code: str) -> _Account | None:
        async with platform_scope():
            rows = await DB.fetch(
                "SELECT tenant_id, member_id, verifier FROM credential"
                " WHERE kind = 'password' AND digest = $1 AND revoked_at IS NULL",
                login,
            )
            tenant, member = (rows[0]["tenant_id"], rows[0]["member_id"]) if rows else (PLATFORM, NOBODY)
            await narrow(tenant)
            people = await DB.fetch("SELECT roles FROM member WHERE id = $1", member)
            kept = await codes.find(member, confirmed=True)
            recovery = await codes.has_recovery_code(member, code)
        if not rows or not people:
            return None
        roles = frozenset(Role(role) for role in people[0]["roles"])
        return _Account(tenant, member, rows[0]["verifier"], kept, recovery, roles)

    async def _admits(self, attempt: Attempt, account: _Account, code: str, step: int | None) -> bool:
        """Whether the code is good and not one of too many; who guesses is not told that the password is right."""
        try:
            await lockout.count_code(self.custody, attempt)
        except TooMany:
            return False
        return await self._spend(account, code, step)

    async def _spend(self, account: _Account, code: str, step: int | None) -> bool:
        """Use the code up, once the password was right; of two that come with the same one is let in."""
        if step is not None and account.code is not None:
            async with tenant_scope(account.tenant):
                return await codes.spend(account.code, step)
        if account.recovery:
            async with tenant_scope(account.tenant):
                return await codes.spend_recovery_code(account.member, code, now=self.custody.clock.now())
        return False

    async def _refuse(self, account: _Account | None) -> Unauthenticated:
        tenant, member = (account.tenant, account.member) if account else (PLATFORM, None)
        await note_refusal(self.custody, tenant, member, method=METHOD, reason="wrong-proof")
        return Unauthenticated(WRONG)

    async def _code_of(self, account: _Account | None) -> codes.Kept:
        """The account's secret, or where there is none another one to be opened."""
        if account is not None and account.code is not None:
            return account.code
        if self._nobodys_code is None:
            self._nobodys_code = await codes.sealed_anew(self.custody, PLATFORM, codes.new_code_secret())
        return self._nobodys_code


async def note_refusal(
    custody: Custody, tenant: UUID, member: UUID | None, *, method: SignInMethod, reason: str
) -> None:
    """Write into the log that somebody was not let in: of an account that is there, and never the address."""
    details = {"method": str(method), "reason": reason}
    event = audit.Event(act="session.refused", actor=None, object_id=member, outcome=audit.REFUSED, details=details)
    async with tenant_scope(tenant):
        await audit.record(tenant, event, now=custody.clock.now())


def login_index(custody: Custody, controller: str, email: str) -> bytes:
    """How an account is found by its address, and counted, with the address written down nowhere."""
    return custody.keyring.tenant_index(PLATFORM, "login", f"{controller}\n{email.strip().casefold()}")
