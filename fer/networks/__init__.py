"""The networks: each beside its paper, what they are fed and what they looked at."""
