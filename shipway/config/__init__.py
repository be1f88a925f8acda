"""Files to domain values: v1's JSON and YAML, and Shipway's own release file. The only user of pydantic.

Nothing outside this package sees a pydantic model, and nothing in it knows stores, images or targets.
"""
