"""A script read by the Python of a base image, where this machine has none of that version.

Only an image that the engine has already is asked: nothing is pulled to look at a script.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from shipway.asset.imports import Imports, imports_in
from shipway.domain.environment import InferenceConfig
from shipway.engine.connection import Engine, connect
from shipway.errors import ShipwayError
from shipway.image.container.base_pull import inspect_image
from shipway.image.container.errand import Errand, run_errand
from shipway.image.serving import serving_files

_HERE = "shipway-check"
_WHAT = "reading the script in the base image"
_MOST_FILES, _MOST_BYTES = 1000, 20_000_000

_RUN = f"""
import runpy, sys
sys.path.insert(0, "/{_HERE}/serving")
runpy.run_module("shipway_serving.asset.try_imports", run_name="__main__", alter_sys=True)
"""
_ASK = 'for python in python3 python; do command -v $python >/dev/null && exec $python -c "$@"; done; exit 127'


def imports_in_image(image: str, minor: str, inference: InferenceConfig) -> Imports | None:
    """None when no engine answers, has that image, or finds a Python `minor` (such as 3.6) first in it."""
    if inference.entry_script is None:
        return None
    try:
        engine = connect()
    except ShipwayError:
        return None
    try:
        return _ask(engine, image, minor, inference)
    except (ShipwayError, ValueError, OSError):
        return None
    finally:
        engine.close()


def is_in_engine(image: str) -> bool | None:
    """None when no engine says."""
    try:
        engine = connect()
    except ShipwayError:
        return None
    try:
        return inspect_image(engine, image) is not None
    except ShipwayError:
        return None
    finally:
        engine.close()


def _ask(engine: Engine, image: str, minor: str, inference: InferenceConfig) -> Imports | None:
    with engine.speaking(_WHAT):
        found = engine.client.api.inspect_image(image)
    errand = Errand(image=found["Id"], command=_command(inference), files=_tar(inference))
    with run_errand(engine, errand, what=_WHAT) as (printed, _):
        imports = imports_in(json.loads(printed.decode().strip().rpartition("\n")[2]))
    return imports if imports.python.startswith(f"{minor}.") else None


def _command(inference: InferenceConfig) -> tuple[str, ...]:
    script = Path(inference.entry_script or "")
    place = f"/{_HERE}/source/{script.as_posix() if inference.source_directory else script.name}"
    source = ("--source-directory", f"/{_HERE}/source") if inference.source_directory else ()
    return ("/bin/sh", "-c", _ASK, "sh", _RUN, "--list", place, *source)


def _tar(inference: InferenceConfig) -> bytes:
    """The part of the scoring server that reads scripts, and the author's Python files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in (*_serving(), *_authors(inference)):
            entry = tarfile.TarInfo(f"{_HERE}/{name}")
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def _serving() -> Iterator[tuple[str, bytes]]:
    return ((f"serving/{name}", data) for name, data in serving_files())


def _authors(inference: InferenceConfig) -> Iterator[tuple[str, bytes]]:
    script = Path(inference.source_directory or "/") / (inference.entry_script or "")
    if inference.source_directory is None:
        yield f"source/{script.name}", script.read_bytes()
        return
    folder, size = Path(inference.source_directory), 0
    for count, path in enumerate(sorted({script, *folder.rglob("*.py")}), 1):
        size += path.stat().st_size
        if path != script and (count > _MOST_FILES or size > _MOST_BYTES):
            continue
        yield f"source/{path.relative_to(folder).as_posix()}", path.read_bytes()
