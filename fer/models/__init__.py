"""Saved models: folders on disk and on the Hub, what they answer with."""
