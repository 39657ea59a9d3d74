"""How the catalogue came to be, step by step; written by hand, since row-level security cannot be generated."""
