"""An author's packages: pins to a lock for the asset's own Python, a lock to what is installed. uv does the work."""
