"""Who watches the watchers: breaking the glass, support from outside, reviews of rights, unusual listening."""
