"""The pages of flows, which all docs tools share."""
