"""The `shipway` command. Reads arguments and prints; what it does is done by the library."""
