"""From a folder here to a repository on the Hub."""
