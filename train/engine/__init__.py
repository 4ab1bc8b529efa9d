"""What trains a network."""
