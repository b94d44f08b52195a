"""The decorators: they read arguments, register, and wrap nothing but entrypoints."""
