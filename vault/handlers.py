"""What two persons decide on and who carries it out: each capability brings its own."""

from types import MappingProxyType

from tenants.disclosing import DisclosureEvent
from vault.destruction import contract_change
from vault.disclosure import deadlines, packing
from vault.disclosure.carrying import Givers
from vault.grants import opening
from vault.identity import inviting, mapping, providers, recovery
from vault.orders import ordering
from vault.organisations import registering as organisations
from vault.oversight import break_glass, reviews
from vault.policies import changing
from vault.proposals.model import Handlers
from vault.returning import registering, waiving
from vault.subjects import deadlines as subject_deadlines
from vault.subjects import erasing
from vault.telling.watching import Source

HANDLERS: Handlers = MappingProxyType(
    {
        **contract_change.HANDLERS,
        **ordering.HANDLERS,
        **changing.HANDLERS,
        **registering.HANDLERS,
        **waiving.HANDLERS,
        **erasing.HANDLERS,
        **organisations.HANDLERS,
        **providers.HANDLERS,
        **recovery.HANDLERS,
        **inviting.HANDLERS,
        **mapping.HANDLERS,
    }
)
"""By the action's slug."""

GIVERS: Givers = MappingProxyType({DisclosureEvent.PACK: packing.GIVER, DisclosureEvent.OPEN: opening.GIVER})
"""Who carries an approved disclosure out, by its way of giving."""

SOURCES: tuple[Source, ...] = (
    deadlines.open_deadlines,
    subject_deadlines.open_deadlines,
    break_glass.open_deadlines,
    reviews.open_deadlines,
)
"""Whose deadlines are watched."""
