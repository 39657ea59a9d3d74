"""What is shown of handing over: recipients, the key that is sealed to, packages and fetches."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tenants.disclosing import DisclosureState
from vault.api.accounts import Email, Short
from vault.api.unprintable import Unprintable
from vault.credentials import Issued
from vault.disclosure.package_rows import Fetch
from vault.disclosure.packages import Packed
from vault.disclosure.recipients import Recipient
from vault.disclosure.seals import Seal
from vault.packages.sealing import Sealing


class NewRecipient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who receives it: somebody who can sign in already (`member_id`), or a person of outside to be invited."""

    member_id: UUID | None = None
    email: Email | None = None
    name: Short | None = None


class RecipientView(Struct, frozen=True, kw_only=True):
    """A person named. Whoever was named after an approval may receive it once a second person has confirmed that."""

    member_id: UUID
    name: str
    email: str
    named_by: UUID
    named_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    may_receive: bool


class RecipientsView(Unprintable, frozen=True, kw_only=True):
    """Who receives it. `invitation` is what a new person sets a password with; it is shown only now."""

    recipients: list[RecipientView]
    invitation: str | None = None
    invitation_expires_at: datetime | None = None


class KeyToSealTo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of: the recipient's age key (`age1…`), their X.509 certificate in PEM, or a pair to be made for them."""

    age_key: Annotated[str, Meta(max_length=200)] | None = None
    certificate: Annotated[str, Meta(max_length=20_000)] | None = None
    generate: bool = False


class SealView(Unprintable, frozen=True, kw_only=True):
    """To what it is sealed: an age key, or a certificate by its SHA-256.

    `registered` is the organisation's own entry, which two persons made. `problem` says why nothing can be sealed to
    it any more. `secret` opens what is sealed to a pair that was made here; it is shown only now and kept nowhere.
    """

    sealing: Sealing
    key: str
    registered: bool
    generated: bool
    set_by: UUID | None
    set_at: datetime | None
    good_until: datetime | None
    problem: str | None
    secret: str | None = None


class FetchView(Struct, frozen=True, kw_only=True):
    """One person's download. It is resumed with `Range` at `/v1/fetches/{id}/content` until `completed_at`."""

    id: UUID
    package_id: UUID
    member_id: UUID
    begun_at: datetime
    expires_at: datetime
    sent: int
    completed_at: datetime | None


class PackageView(Struct, frozen=True, kw_only=True):
    """The one file, sealed to its recipient. After `removed_at` it is gone, and what is here tells what it was."""

    id: UUID
    disclosure_id: UUID
    state: DisclosureState
    filename: str
    sealing: Sealing
    key: str
    size: int
    sha256: str
    recordings: int
    made_at: datetime
    until: datetime | None
    fetches_allowed: int | None
    fetches: list[FetchView]
    removed_at: datetime | None


def recipients_view(found: list[Recipient], invitation: Issued | None = None) -> RecipientsView:
    """Who receives it, and what a person who is new sets a password with."""
    return RecipientsView(
        recipients=msgspec.convert(found, list[RecipientView], from_attributes=True),
        invitation=None if invitation is None else invitation.secret,
        invitation_expires_at=None if invitation is None else invitation.expires_at,
    )


def seal_view(seal: Seal, secret: str | None = None) -> SealView:
    """To what it is sealed; the secret only in the answer that made it."""
    return SealView(
        sealing=seal.to.sealing,
        key=seal.to.fingerprint,
        registered=seal.registered,
        generated=seal.generated,
        set_by=seal.set_by,
        set_at=seal.set_at,
        good_until=seal.to.good_until,
        problem=seal.problem,
        secret=secret,
    )


def fetch_view(fetch: Fetch) -> FetchView:
    """How far a download has come."""
    return FetchView(
        id=fetch.id,
        package_id=fetch.package_id,
        member_id=fetch.member_id,
        begun_at=fetch.begun_at,
        expires_at=fetch.expires_at,
        sent=fetch.sent.bytes,
        completed_at=fetch.completed_at,
    )


def package_view(found: Packed) -> PackageView:
    """A package and who fetched it."""
    package = found.package
    return PackageView(
        id=package.id,
        disclosure_id=package.disclosure_id,
        state=found.disclosure.state,
        filename=package.filename,
        sealing=package.sealing,
        key=package.recipient_key,
        size=package.size,
        sha256=package.sha256.hex(),
        recordings=package.recordings,
        made_at=package.made_at,
        until=found.disclosure.until,
        fetches_allowed=package.fetches_allowed,
        fetches=[fetch_view(each) for each in found.fetches],
        removed_at=package.removed_at,
    )
