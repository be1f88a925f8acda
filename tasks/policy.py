"""What all tasks that act have in common."""

import logging
from collections.abc import Callable
from typing import Any, TypedDict

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import PrefectHTTPStatusError

from shipway.errors import Transient

log = logging.getLogger(__name__)


async def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether the same call may succeed by itself. Any other error is final, and the release goes back at once."""
    result = await state.aresult(raise_on_failure=False)
    transient = isinstance(result, Transient)
    if transient:
        log.warning("this may pass by itself and is tried again: %s", result)
    return transient


_gone = False
"""Whether no Prefect server answered this process: one that is gone is waited for once, not at each step."""


def is_gone() -> bool:
    """Whether Prefect need not be asked any more: it did not answer before."""
    return _gone


def show(create: Callable[..., object], *what: object, **named: object) -> None:
    """Creates what is only shown in Prefect, which is a view: where it cannot be had, a release goes on without."""
    global _gone  # noqa: PLW0603 - nothing rests on it but the wait
    if _gone:
        return
    try:
        create(*what, **named)
    except PrefectHTTPStatusError as error:  # it answers
        log.warning("Prefect does not show this: %s", error)
    except Exception as error:
        _gone = True
        log.warning("Prefect shows no more of this release: %s", str(error) or type(error).__name__)


class Policy(TypedDict):
    """Keyword arguments of `@task`."""

    retries: int
    retry_delay_seconds: list[float]
    retry_condition_fn: Any
    cache_policy: Any
    persist_result: bool


ACTING: Policy = {
    "retries": 3,
    "retry_delay_seconds": [1.0, 5.0, 15.0],
    "retry_condition_fn": is_transient,
    "cache_policy": NO_CACHE,
    "persist_result": False,
}
