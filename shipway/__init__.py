"""Shipway takes a trained model into service, verifies it there, and promotes it or rolls it back."""

__version__ = "0.1.0"
