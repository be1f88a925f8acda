"""What stands in front of a local service: weights, mirroring, counts, limits. Knows nothing of targets or releases."""
