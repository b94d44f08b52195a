"""What all parts of penstock use. Nothing here knows flows."""
