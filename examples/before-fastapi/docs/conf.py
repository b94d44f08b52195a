"""The documentation of the project."""

project = "Tickets"
extensions = ["sphinx.ext.autodoc"]
