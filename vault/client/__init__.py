"""The vault from outside: what any program does over HTTP, and nothing that only the vault itself could do."""
