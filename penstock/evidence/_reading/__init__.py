"""Reading the declarations of flows from the source, without importing the application."""
