"""Log records: their form, the way from the workers to the supervisor, and the file that they end up in."""
