"""A certificate as a document that a data protection officer files: made when asked for, from the signed file alone."""

import asyncio
from uuid import UUID

from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.keys import SigningKey
from vault.custody.register import tenancy
from vault.destruction.certificates import Certificate, verify_certificate
from vault.destruction.reading import certificate, tenant_of


async def document(custody: Custody, caller: Caller, destruction: UUID) -> bytes:
    """The certificate as a signed PDF, in the first language of the controller's notice, with the signed file attached.

    Raises:
        NotAllowed: the caller's roles do not read certificates.
        NotFound: no such certificate of the caller's controller; for operators, of a contract's end.
    """
    file = await certificate(caller, destruction)
    key = custody.keyring.signing_key()
    verified = verify_certificate(file, key.public_pem)
    tenant = await tenant_of(caller, destruction)
    async with tenant_scope(tenant):
        policy = (await tenancy(tenant, at=verified.completed_at)).policy
    return await asyncio.to_thread(_made, verified, file, policy.languages[0], policy.time_zone, key)


def _made(verified: Certificate, file: str, language: str, time_zone: str, key: SigningKey) -> bytes:
    # Half a second of imports, which whoever never asks for a document need not wait for.
    from vault.destruction.document.pages import pages
    from vault.destruction.document.signature import seal

    name = f"certificate-{verified.id}.json"
    read = pages(verified, language=language, time_zone=time_zone, attachment=name)
    return seal(read, file.encode(), name=name, key=key)
