"""Releases: plan, journal, steps, ledger, rollback, reconcile.

The guarantee after `kill -9` lives here, not in Prefect.
"""
