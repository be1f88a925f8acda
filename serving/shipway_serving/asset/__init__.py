"""Finds, loads and checks the user's entry script as Azure ML v1 did."""
