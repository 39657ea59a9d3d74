"""An entry is registered only where it says what it has to, and its keys are an organisation's and good today."""

from collections.abc import Iterable
from datetime import datetime

import pyrage
from cryptography.x509.oid import NameOID
from msgspec import structs

from tenants.organisations import Entry, broken_rules
from vault.errors import FieldProblem, Invalid
from vault.packages.certificates import CertificateUnfit, RecipientCertificate, read_certificate
from vault.written import checked

CONTACT_MOST = 500
"""How many characters a contact has."""

A_PERSONS = (NameOID.SURNAME, NameOID.GIVEN_NAME)
"""What stands in the subject of a person's certificate, and of no organisation's."""


def certificate_of(entry: Entry, *, now: datetime) -> RecipientCertificate | None:
    """The entry's certificate, read.

    Raises:
        CertificateUnfit: nothing may be sealed to it now, or it is a person's.
    """
    if entry.certificate is None:
        return None
    found = read_certificate(entry.certificate, now=now)
    # Names of persons stand nowhere in clear; and what is an organisation's outlives whoever works there.
    if any(found.certificate.subject.get_attributes_for_oid(oid) for oid in A_PERSONS):
        raise CertificateUnfit("certificate-of-person", "This is a person's certificate; name the organisation's own.")
    return found


def require_valid(entry: Entry, *, now: datetime) -> Entry:
    """The entry with the certificate alone of what was sent as one.

    Raises:
        Invalid: naming every rule that it breaks.
    """
    problems = [FieldProblem(each.field, each.rule, each.detail) for each in broken_rules(entry)]
    problems += _unfit_age_key(entry)
    try:
        certificate = certificate_of(entry, now=now)
    except CertificateUnfit as unfit:
        problems.append(FieldProblem("certificate", unfit.rule, str(unfit)))
    if problems:
        raise Invalid("The organisation cannot be registered so.", problems)
    return entry if certificate is None else structs.replace(entry, certificate=certificate.pem)


def checked_contact(contact: str) -> str:
    """The contact without space around it. Raises Invalid where it says nothing, too much, or an identity code."""
    return checked("contact", contact, CONTACT_MOST, "whom to ask whether a request is theirs")


def _unfit_age_key(entry: Entry) -> Iterable[FieldProblem]:
    if entry.age_key is None:
        return
    try:
        pyrage.x25519.Recipient.from_str(entry.age_key)
    except pyrage.RecipientError:
        rule = "This is not the public key of an age recipient: age1… with 62 characters, from age-keygen."
        yield FieldProblem("age_key", "age-recipient", rule)
