"""What two persons decide on, by the action's slug: each capability brings its own."""

from types import MappingProxyType

from vault.destruction import contract_change
from vault.orders import ordering
from vault.policies import changing
from vault.proposals.model import Handlers
from vault.returning import registering, waiving

HANDLERS: Handlers = MappingProxyType(
    {
        **contract_change.HANDLERS,
        **ordering.HANDLERS,
        **changing.HANDLERS,
        **registering.HANDLERS,
        **waiving.HANDLERS,
    }
)
