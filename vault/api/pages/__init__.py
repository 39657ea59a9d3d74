"""Pages for people who have a browser and no client of ours."""
