"""One question put to uv."""

import logging

from shipway.image.interpreters import own_interpreter
from shipway.image.packages.lock import packages_in
from shipway.image.packages.metadata import as_settings
from shipway.image.packages.question import Question, compile_arguments, options_for
from shipway.image.uv import NothingSatisfies, UvFailed, run_uv, scratch_folder
from shipway.machine.state import MachineState

log = logging.getLogger(__name__)


def ask_once(question: Question, what: str, state: MachineState, *, no_dependencies: bool = False) -> str:
    """The lock, as uv prints it. Raises NothingSatisfies and UvFailed.

    uv takes its settings from the folder that it runs in.
    """
    python = question.there.interpreter or own_interpreter().path
    arguments = [*compile_arguments(question), "--python", str(python)]
    arguments += ["--no-deps"] if no_dependencies else []
    with scratch_folder(state) as folder:
        if question.under:
            (folder / "under.txt").write_text("\n".join(question.under), encoding="utf-8")
            arguments += ["--constraints", str(folder / "under.txt")]
        if question.requires:
            (folder / "uv.toml").write_text(as_settings(question.requires), encoding="utf-8")
        text = "\n".join([*options_for(question), *question.lines])
        try:
            locked = run_uv(arguments, cwd=folder, what=what, text=text)
        except UvFailed as error:
            if "No solution found" in error.words:
                raise NothingSatisfies(str(error), error.words) from error
            raise
    log.info("%d packages resolved for %s", len(packages_in(locked)), question.there.called)
    return locked
