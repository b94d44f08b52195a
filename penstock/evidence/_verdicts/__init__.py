"""The verdicts on one flow."""
