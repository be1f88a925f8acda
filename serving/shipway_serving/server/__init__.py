"""Processes, threads and HTTP around the contract: who accepts, who runs, and how it all ends."""
