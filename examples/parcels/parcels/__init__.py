"""Takes parcels in over HTTP, and has workers deliver them."""
