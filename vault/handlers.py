"""What two persons decide on and who carries it out: each capability brings its own."""

from types import MappingProxyType

from vault.destruction import contract_change
from vault.disclosure.carrying import Givers
from vault.orders import ordering
from vault.organisations import registering as organisations
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
        **organisations.HANDLERS,
    }
)
"""By the action's slug."""

GIVERS: Givers = MappingProxyType({})
"""Who carries an approved disclosure out, by its way of giving."""
