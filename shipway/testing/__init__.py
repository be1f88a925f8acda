"""Fakes for whoever tests against Shipway. Each passes the contract suite of what it stands for."""
