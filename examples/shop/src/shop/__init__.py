"""A small shop: bills of material come in as messages, orders and profiles over an API."""
