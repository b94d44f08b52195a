"""The shop's documentation, built by Sphinx."""

project = "The shop"
extensions = ["penstock_sphinx", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "alabaster"
# The modules to import are in [tool.penstock] of pyproject.toml.
