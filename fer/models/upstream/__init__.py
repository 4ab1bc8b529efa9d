"""Checkpoints that DDAMFN's authors published, read without running anything in them."""

# What they were trained on, and how upstream's file names tell.
DATA = {"RAF-DB": "raf", "AffectNet": "affec"}
