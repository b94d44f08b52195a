"""An abstract interpretation of functions: which others they call, in which order."""
