"""How people and machines prove who they are: passkeys, codes, identity providers, directories, tokens."""
