"""One policy text with a form over it: the text is what counts, the form another way to write it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

from litestar.datastructures import FormMultiDict

from tenants.bounds import MOST_CHARACTERS
from tenants.reading import PolicyProblem
from vault.console.policy_form.drawing import Drawing, Fault, placed, places
from vault.console.policy_form.filled import ROOT, Filled, part_at, said_by
from vault.console.policy_form.rewriting import NotToml, parsed, rewritten
from vault.console.policy_form.writing import Writing
from vault.errors import FieldProblem, Invalid

MOST: Final = 1_500
"""Fields that a text fills in a form, and keys that it has; the longest example some three hundred. No page takes many
more."""


class Sheet:
    """A form over a text. `base` is the text from which it began; it stays until the form is left for the text."""

    def __init__(self, base: str, filled: Filled | None = None, added: str = "") -> None:
        """Raises Invalid: the text is too long for a form, or is not TOML."""
        if len(base) > MOST_CHARACTERS:
            raise _too_long()
        try:
            self._old = parsed(base)
        except NotToml:
            raise _not_toml() from None
        self.base = base
        self.filled = said_by(self._old) if filled is None else filled
        self._added = added
        if max(sum(1 for _ in self.filled), _keys(self._old)) > MOST:
            raise _too_long()

    @classmethod
    def of(cls, form: FormMultiDict) -> "Sheet | None":
        """The form that a page sent; None where it sent the text itself.

        Raises:
            Invalid: there are too many fields, or the text that lies under it has no form.
        """
        if form.get("written") != "form":
            return None
        base = str(form.get(ROOT) or "").replace("\r\n", "\n")
        texts = ((name, text) for name, text in form.multi_items() if isinstance(text, str))
        sheet = cls(base, Filled((name, text) for name, text in texts if name.startswith(f"{ROOT}.")))
        try:
            sheet.text  # noqa: B018 - worked out once, here, where what cannot be written is refused
        except NotToml:
            raise _not_toml() from None
        return sheet

    def turned(self, form: FormMultiDict) -> "Sheet":
        """With what a button adds or removes."""
        add, remove = str(form.get("add") or ""), str(form.get("remove") or "")
        if remove:
            return Sheet(self.base, self.filled.without(remove))
        part = part_at(add) if add.startswith(f"{ROOT}.") else None
        if part is None:
            return self
        filled, at = self.filled.with_more(add, part, said_by(self._old))
        return Sheet(self.base, filled, at)

    @cached_property
    def text(self) -> str:
        """The policy's text, as the form leaves it; rows that are mistakes are not in it."""
        return rewritten(self.base, self._written[0])

    @property
    def mistakes(self) -> list[FieldProblem]:
        """What the form says and no text can."""
        return self._written[1]

    def located(self, problems: Iterable[PolicyProblem]) -> tuple[Fault, ...]:
        """What is wrong, each with its field: the form's own mistakes, and those of the text."""
        known = places(self.filled)
        paths = {name: path for path, name in known.items()}
        of_form = (Fault(one.field, one.detail, paths.get(one.field, "")) for one in self.mistakes)
        of_text = (Fault(placed(one.path, known), one.problem, one.path, one.remedy) for one in problems)
        return (*of_form, *of_text)

    def drawn(self, faults: tuple[Fault, ...] = ()) -> dict[str, Any]:
        """What the template needs."""
        sections = tuple(Drawing(self.filled, faults, self._added).sections())
        return {
            "sections": sections,
            "base": self.base,
            "added": self._added,
            "faults": faults,
            "longest": MOST_CHARACTERS,
        }

    @cached_property
    def _written(self) -> tuple[dict[str, Any], list[FieldProblem]]:
        writing = Writing(self.filled)
        return writing.document(self._old), writing.mistakes


def _keys(value: Any) -> int:
    """How many keys a text has, those of tables in tables included."""
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _not_toml() -> Invalid:
    sentence = "A form can be filled in once the text is TOML: put that right first."
    return Invalid(sentence, [FieldProblem(ROOT, "form", sentence)])


def _too_long() -> Invalid:
    sentence = "This is too long for a form: go on with the text."
    return Invalid(sentence, [FieldProblem(ROOT, "form", sentence)])
