"""Finding a recording and listening to it: for a person, for a purpose, for as long as was promised."""
