"""Whether a ``run_batch`` can be used, and whether what it returned can be. Pure."""

import inspect
from typing import Any, List, Optional, Sequence, cast

from shipway_serving.batching.rows import Size, misplaced
from shipway_serving.contract.run_form import RunForm


class WrongResults(Exception):
    """``run_batch`` has not returned one result for each item; the message says what it returned."""


def unfit(form: RunForm, run_batch: Any) -> Optional[str]:
    """Why requests cannot be batched by ``run_batch``, None when they can."""
    if form.is_raw:
        return "a raw run() answers each request by itself."
    if not callable(run_batch):
        return "the entry script does not define a function run_batch()."
    try:
        inspect.signature(run_batch).bind([])
    except TypeError:
        return "run_batch() has to accept one argument, the list of items."
    except ValueError:
        return None
    return None


def checked(results: Any, sizes: Sequence[Size]) -> Sequence[Any]:
    """``results`` when there is one for each request and no rows are seen to be another's; raises ``WrongResults``."""
    if not isinstance(results, (list, tuple)):
        raise WrongResults(f"it returned {type(results).__name__} and not a list of one result for each item")
    listed = cast("List[Any]", results)
    if len(listed) != len(sizes):
        raise WrongResults(f"it returned {len(listed)} results for {len(sizes)} items")
    problem = misplaced(sizes, listed)
    if problem:
        raise WrongResults(problem)
    return listed
