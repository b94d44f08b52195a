"""A project's settings and modules, for tools. No server loads it."""
