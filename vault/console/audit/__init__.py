"""What happened, by whom, and whether the log still says so."""

from vault.console.audit import events, exporting, messages, streams, verifying, witnesses

HANDLERS = [
    *events.HANDLERS,
    *exporting.HANDLERS,
    *verifying.HANDLERS,
    *witnesses.HANDLERS,
    *streams.HANDLERS,
    *messages.HANDLERS,
]
