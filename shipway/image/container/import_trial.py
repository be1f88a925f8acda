"""The script's own imports, tried in a container of the image that was just built: without a network, and once."""

from shipway.domain.environment import Code
from shipway.engine.connection import Engine
from shipway.image.container.errand import Errand, run_errand
from shipway.image.container.venv_layer import PYTHON, SERVING
from shipway.image.imports import ImportTrial, command_of, trial_in


def try_imports_in(engine: Engine, image: str, code: Code) -> ImportTrial:
    """`image` is what the engine knows it by. Raises BuildError when its Python does not start, and what
    `Engine.speaking` raises."""
    command = command_of(PYTHON, code, serving=f"/{SERVING}")
    what = f"trying the imports of {code.app_entry_script}"
    with run_errand(engine, Errand(image=image, command=command, user=None), what=what) as (printed, _):
        return trial_in(printed)
