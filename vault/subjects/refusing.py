"""No identity code is written down with a request: who somebody is, is made sure of elsewhere and kept nowhere here."""

from collections.abc import Mapping

from tenants.identifiers import holds_identity_code
from vault.errors import FieldProblem, Invalid


def refuse_identity_codes(texts: Mapping[str, str | None]) -> None:
    """Refuse whatever holds a henkilötunnus.

    Args:
        texts: what somebody wrote, by the name of its field.

    Raises:
        Invalid: naming each field in which one stands; what stands there is repeated nowhere.
    """
    sentence = "A henkilötunnus stands in this field; identity codes are not kept. Say by what means it was checked."
    problems = [
        FieldProblem(field, "identity-code", sentence)
        for field, text in texts.items()
        if text is not None and holds_identity_code(text)
    ]
    if problems:
        raise Invalid("An identity code is not written down here.", problems)
