"""The vault's own hands: what is due is done with nobody logged in, and a job that was asked for is not lost."""

from vault.worker.process import run

__all__ = ["run"]
