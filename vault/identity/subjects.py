"""The subject of a client certificate in one spelling, whoever wrote it: the vault, a balancer, or an administrator."""

from typing import Final

from cryptography import x509

from vault.errors import FieldProblem, Invalid

MOST_CHARACTERS: Final = 1000


def canonical(text: str) -> str:
    """The subject as RFC 4514 writes it, such as `CN=pbx-1,O=Demo Oy,C=FI`, in one spelling.

    nginx's `$ssl_client_s_dn`, HAProxy's `ssl_c_s_dn(,0,rfc2253)` and Envoy's `Subject` are of this form.

    Raises:
        Invalid: it is no such name, or an empty one.
    """
    try:
        name = x509.Name.from_rfc4514_string(text[:MOST_CHARACTERS])
    except ValueError:
        name = x509.Name([])
    if not list(name) or len(text) > MOST_CHARACTERS:
        rule = FieldProblem("certificate_subject", "rfc-4514", "A subject such as CN=pbx-1,O=Demo Oy,C=FI.")
        raise Invalid("The subject of the certificate cannot be read.", [rule])
    return name.rfc4514_string()
