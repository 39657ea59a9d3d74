"""Teams of agents: as they are, and as they were at the time of a call."""
