"""Checkpoints that DDAMFN's authors published, read without running anything in them."""
