"""Which packages of an environment have no wheel at all, found with few questions.

Some environments have a dozen, and a question each takes minutes. With every source allowed one question gives
versions; which of those have no wheel is asked without their dependencies, where nothing is built: 0.1 s each.
"""

from collections.abc import Iterable
from dataclasses import replace

from shipway.image.packages.asking import ask_once
from shipway.image.packages.lock import packages_in
from shipway.image.packages.metadata import unreadable
from shipway.image.packages.question import NEVER_BUILT_HERE, Question, index_options, needs_building, only_early
from shipway.image.uv import NothingSatisfies, UvFailed
from shipway.machine.state import MachineState


def with_all_that_have_no_wheel(question: Question, what: str, state: MachineState) -> Question:
    """The same question, with those names from source; as it was when one question does not tell.

    What has an older wheel is left out: that is better than a newer source. Raises NothingSatisfies when not even with
    every source allowed something does.
    """
    try:
        locked = ask_once(replace(question, every_source=True), what, state)
    except NothingSatisfies as error:
        if unreadable(error.words) or only_early(error.words):
            return question
        raise
    except UvFailed:  # a source that does not build, where an older wheel may do
        return question
    lacking = _without_wheel(packages_in(locked), question, what, state)
    never = {name for name in lacking if not _has_any_wheel(name, question, what, state)} - set(NEVER_BUILT_HERE)
    return replace(question, built=tuple(sorted({*question.built, *never})))


def _without_wheel(pins: Iterable[str], question: Question, what: str, state: MachineState) -> set[str]:
    lines = (*index_options(question.lines), *pins)
    found: set[str] = set()
    while True:
        try:
            ask_once(replace(question, lines=lines, built=tuple(sorted(found))), what, state, no_dependencies=True)
        except (UvFailed, NothingSatisfies) as error:
            new = needs_building(error.words) - found
            if not new:
                return found
            found |= new
        else:
            return found


def _has_any_wheel(name: str, question: Question, what: str, state: MachineState) -> bool:
    lines = (*index_options(question.lines), name)
    try:
        ask_once(replace(question, lines=lines, built=()), what, state, no_dependencies=True)
    except (UvFailed, NothingSatisfies):
        return False
    return True
