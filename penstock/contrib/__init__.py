"""Adapters that join penstock to frameworks, one module each."""
