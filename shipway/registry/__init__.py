"""Models: registering, finding, downloading and deleting them. Knows nothing of releases and targets."""
