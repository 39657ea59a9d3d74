"""What data subjects ask for: who they are was checked, what is theirs was found, and they are answered in time."""
