"""Model cards, generated from a model folder's own configuration and metrics."""
