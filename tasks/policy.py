"""What all tasks that act have in common."""

from typing import Any, TypedDict

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from shipway.errors import Transient


async def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether the same call may succeed by itself. Any other error is final, and the release goes back at once."""
    result = await state.aresult(raise_on_failure=False)
    return isinstance(result, Transient)


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
