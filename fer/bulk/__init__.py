"""Whole data sets, folders and films into one table, by a run that may be stopped at any time."""
