"""What functions may call, in which order: an abstract interpretation of their source."""
