"""For whoever tests against Shipway: an asset, and fakes, each of which passes the contract suite of its kind."""
