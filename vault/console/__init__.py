"""The console: the vault's work in pages, for whoever does it with a browser. All of it can be done by /v1 too."""
