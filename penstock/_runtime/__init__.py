"""Runs, their IDs and spans, while an application works. A server loads it."""
