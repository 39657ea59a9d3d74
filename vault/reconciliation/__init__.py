"""Catalogue, store and keyring are held against each other, and each can be made whole again from the other two."""
