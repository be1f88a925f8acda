"""What stands in front of a local service: weights, mirroring, counts and limits. Knows nothing of targets and releases."""
