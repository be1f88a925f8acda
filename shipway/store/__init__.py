"""The workspace: content-addressed blobs, create-only records, hash-chained journals and leases.

Stands on obstore and uses nothing of a folder that an object store lacks. Knows nothing of models, services and
releases.
"""
