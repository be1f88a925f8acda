"""Bundles as the image builder leaves them, small ones: the real scoring server and a script without dependencies."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from uv import find_uv_bin

from shipway.domain.image import Image

REPOSITORY = Path(__file__).parents[2]

ECHO = """
import os

def init():
    print("loaded", os.environ["SERVICE_NAME"])

def run(data):
    return {"revision": os.environ.get("REVISION"), "sent": data}
"""

HUNGRY = """
def init():
    held = bytearray(200_000_000)
    for page in range(0, len(held), 4096):
        held[page] = 1

def run(data):
    return data
"""

BROKEN = """
def init():
    raise ValueError("the model file is for another framework")

def run(data):
    return data
"""

WRITES = """
import os

def init():
    folder = os.environ["AZUREML_MODEL_DIR"]
    with open(os.path.join(folder, "model.txt"), "a") as model:
        model.write(" changed")

def run(data):
    with open(os.path.join(os.getcwd(), os.environ["AZUREML_MODEL_DIR"], "model.txt")) as model:
        return [model.read(), dict(os.environ)]
"""


def serving_python(folder: Path) -> str:
    """An interpreter that has what the scoring server needs: ours, or a venv made by uv."""
    if find_spec("httptools"):
        return sys.executable
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    python = folder / "bin" / "python"
    requirements = REPOSITORY / "serving" / "requirements.txt"
    for command in (
        [find_uv_bin(), "venv", "-q", "--python", sys.executable, str(folder)],
        [find_uv_bin(), "pip", "install", "-q", "--python", str(python), "-r", str(requirements)],
    ):
        subprocess.run(command, check=True, env=environment, timeout=110)
    return str(python)


def make_bundle(folder: Path, interpreter: str, script: str, variables: Mapping[str, str] | None = None) -> Image:
    model = folder / "app" / "azureml-models" / "digits" / "1" / "model.txt"
    model.parent.mkdir(parents=True)
    model.write_text("as registered")
    model.chmod(0o444)
    (folder / "app" / "score.py").write_text(script)
    (folder / "serving").symlink_to(REPOSITORY / "serving")
    environment = {"AZUREML_ENTRY_SCRIPT": "score.py", "AZUREML_MODEL_DIR": "azureml-models/digits/1"}
    document = {"variables": environment | dict(variables or {}), "command": ["python", "-m", "shipway_serving"]}
    (folder / "bundle.json").write_text(json.dumps(document))
    digest = hashlib.sha256((script + json.dumps(document)).encode()).hexdigest()
    return Image(
        kind="process",
        digest=digest,
        location=str(folder),
        interpreter=interpreter,
        labels={"digits:1": "0" * 64},
        size_bytes=1,
    )
