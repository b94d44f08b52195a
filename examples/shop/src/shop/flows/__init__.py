"""The flows of the shop, a module each."""
