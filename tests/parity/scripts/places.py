"""Where a script finds itself: folder, names, paths, variables (C-2 to C-10, E-2, E-10)."""

import os
import sys
import threading

import neighbour

STATE = {"inits": 0, "runs": 0}


def init():
    STATE["inits"] += 1
    return {"ignored": True}


def run(data):
    STATE["runs"] += 1
    root = os.getcwd()
    with open("written-beside-the-script", "a") as file:
        file.write(data)
    return {
        "name": __name__,
        "file": os.path.relpath(__file__, root),
        "app_root": os.path.relpath(os.environ["AML_APP_ROOT"], root),
        "model_dir": os.environ.get("AZUREML_MODEL_DIR"),
        "neighbour": os.path.relpath(neighbour.__file__, root),
        "on_path": sorted({os.path.relpath(path, root) for path in sys.path if path.startswith(root)}),
        "main_thread": threading.current_thread() is threading.main_thread(),
        "written": os.path.exists("written-beside-the-script"),
        "state": STATE,
    }
