"""Requirements to a lock: the author's first, then our server's under it. uv does the work.

What the author gets is decided before our server is thought of: its needs are resolved with the author's lock as
constraints, and where they clash they are locked apart, for a folder of their own.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.builder import builder_for
from shipway.image.packages.lock import Lock, PythonThere, packages_in, pins_of
from shipway.image.packages.question import (
    NEVER_BUILT_HERE,
    Question,
    build_options,
    compile_arguments,
    index_options,
    needs_building,
)
from shipway.image.uv import NothingSatisfies, UvFailed, run_uv, without_credentials
from shipway.machine.state import MachineState

log = logging.getLogger(__name__)

_MOST_SOURCES = 40
"""Packages without a wheel that one environment may have: each is found by one more question."""


def resolve(environment: Environment, there: PythonThere, serving: str, state: MachineState) -> Lock:
    """The lock of the author's requirements and of the server's (`serving`). Safe to repeat; nothing is kept.

    Raises NothingSatisfies with uv's reason, UvFailed when uv could not do its work (an index that does not answer, a
    source that does not build), and BuildError for packages that only conda has.
    """
    _refuse_conda(environment, there)
    if environment.user_managed:
        return Lock(text="", private="", apart=_servers_own(serving, there, (), "", state), on_top=True)
    options = tuple(index_options(environment.requirements))
    what = f"{environment.called} cannot be resolved for {there.called}"
    authors = _authors(environment, there, what, state)
    try:
        beside = _servers_own(serving, there, options, authors, state)
    except NothingSatisfies as clash:
        log.info("the scoring server's own packages stand apart: %s", clash)
        return _locked(options, authors, apart=_servers_own(serving, there, options, "", state))
    return _locked(options, _with(authors, beside))


def _authors(environment: Environment, there: PythonThere, what: str, state: MachineState) -> str:
    if not any(line not in index_options(environment.requirements) for line in environment.requirements):
        return ""
    return _ask(Question(lines=environment.requirements, there=there), what, state)


def _servers_own(serving: str, there: PythonThere, options: Sequence[str], authors: str, state: MachineState) -> str:
    """Wheels alone: nobody has to have a compiler for our server's sake."""
    what = f"the scoring server's own packages cannot be resolved for {there.called}"
    question = Question(lines=(*options, *serving.splitlines()), there=there)
    with TemporaryDirectory(prefix="lock-", dir=state.locks) as name:
        constraints = Path(name) / "author.txt"
        constraints.write_text("".join(f"{pin.requirement}\n" for pin in pins_of(authors)), encoding="utf-8")
        return _ask_once(question, what, state, more=["--constraints", str(constraints)])


def _ask(question: Question, what: str, state: MachineState) -> str:
    """Wheels only; then once more for each package that has none, with that one from source.

    So an older wheel is taken before a newer source, which might not build here.
    """
    for _ in range(_MOST_SOURCES):
        try:
            locked = _ask_once(question, what, state)
        except (UvFailed, NothingSatisfies) as error:
            question = _with_sources(question, error)
        else:
            return "\n".join([*build_options(question.built), locked])
    raise NothingSatisfies(f"{what}: more than {_MOST_SOURCES} packages have no wheel; pin versions that have one")


def _with_sources(question: Question, error: UvFailed | NothingSatisfies) -> Question:
    """Raises `error` when building would not help."""
    names = needs_building(error.words) - set(question.built)
    if not names:
        raise error
    refused = sorted(names & set(NEVER_BUILT_HERE))
    if refused:
        raise NothingSatisfies(
            f"{', '.join(refused)}: the version asked for has no wheel for {question.there.called}, and is not "
            f"compiled here; pin one that has ({error})",
            error.words,
        ) from error
    builder = builder_for(question.there, names, error)
    log.info("%s: no wheel, building from source with Python %s", ", ".join(sorted(names)), builder.version)
    return replace(
        question,
        there=replace(question.there, interpreter=builder.path),
        built=tuple(sorted({*question.built, *names})),
    )


def _ask_once(question: Question, what: str, state: MachineState, *, more: Sequence[str] = ()) -> str:
    python = question.there.interpreter or own_interpreter().path
    text = "\n".join([*build_options(question.built), *question.lines])
    arguments = [*compile_arguments(question), "--python", str(python), *more]
    try:
        locked = run_uv(arguments, cwd=state.locks, what=what, text=text)
    except UvFailed as error:
        if "No solution found" in error.words:
            raise NothingSatisfies(str(error), error.words) from error
        raise
    log.info("%d packages resolved for %s", len(packages_in(locked)), question.there.called)
    return locked


def _with(authors: str, beside: str) -> str:
    """The author's lock as it is, and what only the server needs after it."""
    theirs = {pin.name for pin in pins_of(authors)}
    ours = [pin.block for pin in pins_of(beside) if pin.name not in theirs]
    return "\n".join([*filter(None, [authors.rstrip("\n")]), *ours, ""])


def _locked(options: Sequence[str], text: str, *, apart: str = "") -> Lock:
    private = "\n".join([*options, text])
    return Lock(
        text=without_credentials(private),
        private=private,
        apart=without_credentials("\n".join([*options, apart])) if apart else "",
    )


def _refuse_conda(environment: Environment, there: PythonThere) -> None:
    """An image has them from its base, which is made with conda."""
    if environment.conda_packages and there.platform is None:
        names = ", ".join(environment.conda_packages)
        raise BuildError(
            f"{environment.called} needs packages that only conda has, and the process target has none: "
            f"{names}; take them out, name packages of pip's that do as well, or release it to docker"
        )
