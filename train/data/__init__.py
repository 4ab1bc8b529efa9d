"""From labelled faces to batches."""
