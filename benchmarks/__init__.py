"""Measurements of Shipway beside its peers, interleaved in one run: `make bench`, or `python -m benchmarks.NAME`."""
