"""One sealed file for one recipient: what it holds, how it is sealed, and how anybody verifies it without the vault."""
