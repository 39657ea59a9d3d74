"""What a handler may ask for by name, handed over as it is: these are the vault's own objects, not input."""

from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from vault.accounts import Caller, Sessions
from vault.custody.custody import Custody

InCustody: TypeAlias = NamedDependency[SkipValidation[Custody]]
FromCaller: TypeAlias = NamedDependency[SkipValidation[Caller]]
WithSessions: TypeAlias = NamedDependency[SkipValidation[Sessions]]
