"""Prefect tasks: thin wrappers, one library call each, retried only on what may pass by itself.

None carries a Prefect timeout: that interrupts anywhere, between an act and its outcome too. The library has deadlines.
Results are not cached: a step that is done is read back from the release's journal, whoever runs it.
"""
