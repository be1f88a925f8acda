"""Dynamic batching: requests that wait at the same time are scored by one call of the script's ``run_batch``.

For authors. Beside ``run`` the script offers::

    def run_batch(batch):
        return [result for each item of batch]

``batch`` is a list with one item for each request, in order of arrival. An item is what ``run`` would get: its one
argument when that is all it takes (the body's text, for a plain script), else a dict of its arguments by name, already
converted where a schema decorates ``run``. The result is a list, or a tuple, of as many results, each what ``run``
would return for that item. ``run_batch`` itself is not decorated. To put the rows under one another and take them
apart again with every count checked::

    from shipway_serving.batching import split, stack

    def run_batch(batch):
        rows, counts = stack(batch)
        return [part.tolist() for part in split(model.predict(rows), counts)]

What a caller can rely on:

- Nobody gets another's rows: one result a request, checked; and rows that came back in the wrong places are noticed.
- Nothing is merged: each item has its own arguments and headers, and requests with other parameters (text, numbers,
  flags beside the rows) or rows of another form never share a batch.
- A neighbour does no harm: when a batch raises, times out or comes back with wrong counts, each of its requests is
  scored alone by ``run``, and the log says so, once for each reason. Then ``run_batch`` has seen requests that ``run``
  sees again, so it must have no effect that cannot be repeated.
- A request that waits alone is scored by ``run``.
"""

from shipway_serving.batching.stack import split, stack

__all__ = ["split", "stack"]
