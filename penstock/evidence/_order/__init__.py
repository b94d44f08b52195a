"""Which step leads to which, from what functions call."""
