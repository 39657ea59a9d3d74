"""What a handler may ask for by name, handed over as it is: these are the vault's own objects, not input."""

from typing import Final, TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from vault.accounts import Caller, Sessions
from vault.custody.custody import Custody
from vault.identity.signing_in import Door

LARGE_BODY: Final = 1_000_000
"""In bytes: what a body may have where a policy, minutes or a long list stand in it. Others have 64 KiB."""

InCustody: TypeAlias = NamedDependency[SkipValidation[Custody]]
FromCaller: TypeAlias = NamedDependency[SkipValidation[Caller]]
WithSessions: TypeAlias = NamedDependency[SkipValidation[Sessions]]
AtTheDoor: TypeAlias = NamedDependency[SkipValidation[Door]]
