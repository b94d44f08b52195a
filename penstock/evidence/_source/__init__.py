"""The source of a project: its files, what they define, and searches in their text."""
