"""Proofs of destruction: to read, to keep and to check."""

from vault.console.certificates import pages

HANDLERS = [*pages.HANDLERS]
