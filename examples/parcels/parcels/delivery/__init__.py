"""The one application of this project."""
