"""Why a recording was refused, in words; the rules are those of `tenants.admission` and of the decoders."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vault.console.language import mark

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kind-not-recorded": mark("The notice names no recordings of this kind"),
        "direction-not-recorded": mark("The notice names no recordings of this direction"),
        "field-not-in-policy": mark("A field came that the notice does not name"),
        "identity-code": mark("An identity code stood in a field"),
        "phone-number": mark("What came as a phone number is not one"),
        "moment": mark("What came as a time is not one"),
        "in-the-future": mark("A time lies in the future"),
        "ended-before-started": mark("It ends before it starts"),
        "segment-order": mark("A segment ends before it starts"),
        "segment-missing": mark("The agent of the record has no segment"),
        "before-contract": mark("It is older than the contract"),
        "after-contract": mark("It is younger than the contract"),
        "contract-over": mark("The contract is over"),
        "already-expired": mark("Its time was up already"),
        "shape": mark("It is not of the shape that was agreed"),
        "empty": mark("It holds nothing at all"),
        "wrong-container": mark("The file is of another type than was said"),
        "unsupported-codec": mark("The sound is in a form that is not taken"),
        "unreadable": mark("The sound cannot be read"),
        "empty-audio": mark("It holds no sound"),
        "not-only-sound": mark("There is more than sound in it"),
        "too-many-channels": mark("It has too many channels"),
        "sample-rate": mark("Its sample rate is not taken"),
        "too-long": mark("It is too long"),
        "too-large": mark("It is too large"),
        "not-json": mark("The transcript is not JSON"),
        "not-a-transcript": mark("A call came as a transcript"),
        "relative-time": mark("A time is told from a start that is not known"),
        "empty-transcript": mark("Nobody wrote anything in it"),
    }
)
"""Of a rule that is not here, its own name is told."""
