"""The helpers that all parts of penstock share. Nothing here knows flows."""
