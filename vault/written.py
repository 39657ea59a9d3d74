"""What somebody writes says something and not too much, and holds nobody's identity code."""

from collections.abc import Mapping
from typing import Final

from tenants.identifiers import holds_identity_code
from vault.errors import FieldProblem, Invalid

LEAST: Final = 3
"""How many characters say something."""

IDENTITY_CODE: Final = "A henkilötunnus stands in this field; identity codes are not kept."


def checked(field: str, text: str, most: int, what: str) -> str:
    """What was written, without blanks around it.

    Args:
        most: how many characters it has at most.
        what: what is to be said in it, as the end of a sentence.

    Raises:
        Invalid: it says nothing, too much, or an identity code.
    """
    text = text.strip()
    refuse_identity_codes({field: text})
    if not LEAST <= len(text) <= most:
        sentence = f"Say in {LEAST} to {most} characters {what}."
        raise Invalid(sentence, [FieldProblem(field, "length", sentence)])
    return text


def refuse_identity_codes(texts: Mapping[str, str | None]) -> None:
    """Refuse whatever holds a henkilötunnus.

    Args:
        texts: what somebody wrote, by the name of its field.

    Raises:
        Invalid: naming each field in which one stands; what stands there is repeated nowhere.
    """
    problems = [
        FieldProblem(field, "identity-code", IDENTITY_CODE)
        for field, text in texts.items()
        if text is not None and holds_identity_code(text)
    ]
    if problems:
        raise Invalid("An identity code is not written down here.", problems)
