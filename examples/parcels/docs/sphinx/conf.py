"""The documentation of the parcels, built by Sphinx."""

project = "Parcels"
extensions = ["penstock_sphinx", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "alabaster"
# The modules to import are in [tool.penstock] of pyproject.toml.
