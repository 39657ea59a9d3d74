"""`vault`, the command line: `python -m vault` and the installed command are the same."""

from vault.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
