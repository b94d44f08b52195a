"""What the decorators leave behind. A server loads it."""
