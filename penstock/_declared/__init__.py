"""The declarations that the decorators record. A server loads them."""
