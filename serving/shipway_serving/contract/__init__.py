"""The v1 HTTP contract as pure functions: a request becomes arguments of ``run``, its result a response.

Nothing here does I/O, reads a clock or knows of threads; modules import only the standard library and one another.
"""
