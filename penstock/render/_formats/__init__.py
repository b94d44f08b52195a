"""The formats of penstock, a module each."""
