"""Whether the event loop of many runs still turns."""

from typing import Any, Callable, List

from shipway_serving.server.run_watch import STUCK_AFTER_S, LoopWatch


def test_a_loop_that_is_blocked_past_the_time_of_a_run_is_stuck_until_it_turns_again() -> None:
    """It is asked once a second at most, and not again before it has answered."""
    asked: List[Callable[[], None]] = []
    said: List[bool] = []
    watch = LoopWatch(5.0, asked.append, said.append)
    for now in (0.0, 0.3, 0.9):
        watch.tick(now)
    assert len(asked) == 1
    asked.pop()()
    watch.tick(1.0)
    watch.tick(1.0 + 5.0 + STUCK_AFTER_S)
    assert (watch.is_stuck, said, len(asked)) == (False, [], 1)
    watch.tick(1.1 + 5.0 + STUCK_AFTER_S)
    watch.tick(30.0)
    assert (watch.is_stuck, said, len(asked)) == (True, [True], 1)
    asked.pop()()
    watch.tick(30.1)
    assert (watch.is_stuck, said, len(asked)) == (False, [True, False], 1)


def test_without_a_limit_no_loop_is_stuck() -> None:
    """SCORING_TIMEOUT_MS=0: a run may take for ever."""
    said: List[Any] = []
    watch = LoopWatch(None, lambda turned: None, said.append)
    watch.tick(0.0)
    watch.tick(1e9)
    assert said == []
