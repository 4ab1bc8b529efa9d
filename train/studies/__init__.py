"""What is made of several runs: an ensemble, a table of all, a log."""
