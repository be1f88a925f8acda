"""Requirements to a lock: the author's first, then our server's under it. uv does the work.

What the author gets is decided before our server is thought of: its needs are resolved with the author's lock as
constraints, and where they clash they are locked apart, for a folder of their own.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.packages.as_of import attempts
from shipway.image.packages.asking import ask_once
from shipway.image.packages.builder import builder_for
from shipway.image.packages.lock import Lock, PythonThere, pins_of
from shipway.image.packages.metadata import read_requires, unreadable
from shipway.image.packages.question import (
    NEVER_BUILT_HERE,
    Question,
    build_options,
    index_options,
    needs_building,
    only_early,
)
from shipway.image.packages.refusals import is_of_the_network, without_credentials
from shipway.image.packages.sources import with_all_that_have_no_wheel
from shipway.image.uv import NothingSatisfies, UvFailed
from shipway.machine.state import MachineState

log = logging.getLogger(__name__)

_ONE_BY_ONE = 3
"""Packages without a wheel that are found so; with more, all are looked for at once."""

_MOST_QUESTIONS = 40
"""Each package without a wheel, or with metadata that uv cannot read, is found by one more."""


def resolve(environment: Environment, there: PythonThere, serving: str, state: MachineState) -> Lock:
    """The lock of the author's requirements and of the server's (`serving`). Safe to repeat; nothing is kept.

    Raises NothingSatisfies with uv's reason, UvFailed when uv could not do its work (an index that does not answer, a
    source that does not build), and BuildError for packages that only conda has.
    """
    _refuse_conda(environment, there)
    options = tuple(index_options(environment.requirements))
    if environment.user_managed:
        return replace(_locked((), "", apart=[*options, _servers_own(serving, there, options, "", state)]), on_top=True)
    authors, told = _authors(environment, there, state)
    try:
        beside = _servers_own(serving, there, options, authors, state)
    except NothingSatisfies as clash:
        log.info("the scoring server's own packages stand apart: %s", clash)
        lock = _locked(options, authors, apart=[*options, _servers_own(serving, there, options, "", state)])
    else:
        lock = _locked(options, _with(authors, beside))
    return replace(lock, told=told)


def _authors(environment: Environment, there: PythonThere, state: MachineState) -> tuple[str, tuple[str, ...]]:
    """The author's own lock, and what to say of it."""
    if len(index_options(environment.requirements)) == len(environment.requirements):
        return "", ()
    what = f"{environment.called} cannot be resolved for {there.called}"
    asked = list(attempts(environment, Question(lines=environment.requirements, there=there)))
    for attempt in asked[:-1]:
        try:
            return _ask(attempt.question, what, state), attempt.told
        except (UvFailed, NothingSatisfies) as error:
            if is_of_the_network(error.words):
                raise
            log.info("%s; asking again with fewer packages of that day", error)
    return _ask(asked[-1].question, what, state), asked[-1].told


def _servers_own(serving: str, there: PythonThere, options: Sequence[str], authors: str, state: MachineState) -> str:
    """Wheels alone: nobody has to have a compiler for our server's sake."""
    what = f"the scoring server's own packages cannot be resolved for {there.called}"
    under = tuple(pin.requirement for pin in pins_of(authors))
    return ask_once(Question(lines=(*options, *serving.splitlines()), there=there, under=under), what, state)


def _ask(question: Question, what: str, state: MachineState) -> str:
    """Wheels only; then once more for each package that has none, with that one from source.

    So an older wheel is taken before a newer source, which might not build here.
    """
    at_once = True
    for _ in range(_MOST_QUESTIONS):
        if at_once and len(question.built) >= _ONE_BY_ONE:
            at_once, question = False, with_all_that_have_no_wheel(question, what, state)
        try:
            locked = ask_once(question, what, state)
        except (UvFailed, NothingSatisfies) as error:
            question = _asked_better(question, error, state)
        else:
            return "\n".join([*build_options(question.built), locked])
    raise NothingSatisfies(f"{what}: more than {_MOST_QUESTIONS} packages have no wheel; pin versions that have one")


def _asked_better(question: Question, error: UvFailed | NothingSatisfies, state: MachineState) -> Question:
    """Raises `error` when nothing would help."""
    if pins := unreadable(error.words) - set(question.requires):
        found = {pin: read_requires(pin, question, state) for pin in sorted(pins)}
        return replace(question, requires={**question.requires, **found})
    names = needs_building(error.words) - set(question.built)
    if not names:
        return _with_early(question, error)
    if refused := sorted(names & set(NEVER_BUILT_HERE)):
        raise NothingSatisfies(
            f"{', '.join(refused)}: the version asked for has no wheel for {question.there.called}, and is not "
            f"compiled here; pin one that has ({error})",
            error.words,
        ) from error
    builder = builder_for(question.there, names, error)
    log.info("%s: no wheel, building from source with Python %s", ", ".join(sorted(names)), builder.version)
    there = replace(question.there, interpreter=builder.path)
    return replace(question, there=there, built=tuple(sorted({*question.built, *names})))


def _with_early(question: Question, error: UvFailed | NothingSatisfies) -> Question:
    """As pip did: a pre-release where a package asks for one, or where there is nothing else."""
    names = only_early(error.words) - set(question.early)
    if not names:
        raise error
    log.info("%s: a pre-release, for nothing else satisfies", ", ".join(sorted(names)))
    return replace(question, early=tuple(sorted({*question.early, *names})))


def _with(authors: str, beside: str) -> str:
    """The author's lock as it is, and what only the server needs after it."""
    theirs = {pin.name for pin in pins_of(authors)}
    ours = [pin.block for pin in pins_of(beside) if pin.name not in theirs]
    return "\n".join([*filter(None, [authors.rstrip("\n")]), *ours, ""])


def _locked(options: Sequence[str], text: str, *, apart: Sequence[str] = ()) -> Lock:
    private, apart_private = "\n".join([*options, text]), "\n".join(apart)
    return Lock(
        text=without_credentials(private),
        private=private,
        apart=without_credentials(apart_private),
        apart_private=apart_private,
    )


def _refuse_conda(environment: Environment, there: PythonThere) -> None:
    """An image has them from its base, which is made with conda."""
    if environment.conda_packages and there.platform is None:
        names = ", ".join(environment.conda_packages)
        raise BuildError(
            f"{environment.called} needs packages that only conda has, and the process target has none: "
            f"{names}; take them out, name packages of pip's that do as well, or release it to docker"
        )
