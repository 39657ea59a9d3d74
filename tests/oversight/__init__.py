"""Those who have power are watched."""
