"""Catalogue and keyring are backed up apart, each sealed to its keeper; neither brings back what was destroyed."""
