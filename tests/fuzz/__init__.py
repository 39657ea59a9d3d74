"""Every parser and every route is given what nobody would send, and answers it with its own words."""
