"""How fast the library answers on this machine, and whether that is fast enough: `fer bench`."""
