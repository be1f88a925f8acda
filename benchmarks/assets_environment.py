"""Run as a program, timed from outside: resolves and installs an inference config's environment for `process`.

    python -m benchmarks.assets_environment INFERENCECONFIG WORKSPACE

Run in the folder of the config. Prints the Python of the virtual environment that it made.
"""

import sys
from pathlib import Path

from shipway.config.inference import load_inference_config
from shipway.domain.image import PROCESS, USUAL_IMAGE
from shipway.image.build import lock_for
from shipway.image.environment import make_venv
from shipway.machine.state import machine_state
from shipway.store.workspace import open_workspace


def main(config: str, workspace_folder: str) -> None:
    workspace = open_workspace(workspace_folder, create=True)
    state = machine_state(workspace.url)
    inference = load_inference_config(Path(config), working_directory=Path.cwd()).value
    locked = lock_for(inference.environment, USUAL_IMAGE, PROCESS, workspace, state)
    print(make_venv(locked.lock, locked.python, state))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
