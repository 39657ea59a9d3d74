"""Custody: sealed parts, the keys that open them, the store that holds them and the catalogue that knows them."""
