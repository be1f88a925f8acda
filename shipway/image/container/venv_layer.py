"""The layers of packages and of the server: a virtual environment as it lies in the image, with its bytecode.

Without bytecode every start of a container would compile all that it imports: the server's user cannot write there.
"""

import io
import os
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from shipway.domain.canonical import digest_of
from shipway.engine.connection import Engine
from shipway.image.container.base_python import BasePython
from shipway.image.container.errand import Errand, run_errand
from shipway.image.container.layer_tar import Entry, file_from, file_of, folder, link_to, tar_pieces, with_folders
from shipway.image.packages.lock import Lock
from shipway.image.packages.refusals import without_credentials
from shipway.image.serving import OWN_PACKAGES

ROOT = "opt/shipway"
VENV = f"{ROOT}/venv"
SERVING = f"{ROOT}/serving"
OWN = f"{ROOT}/{OWN_PACKAGES}"
PYTHON = f"/{VENV}/bin/python"
LOCK = f"{ROOT}/requirements.lock"

_LIB = re.compile(r"^lib(?:64)?/python3\.\d+/")
_OF_UV_ALONE = frozenset({"uv_cache.json", "uv_build.json"})
"""They hold times of this machine."""

_MAIN = b"import sys\n\nfrom shipway_serving.__main__ import main\n\nsys.exit(main())\n"

_BYTECODE = "shipway-bytecode"
_COMPILE = f"""
import os, py_compile, sys
mode = {{}}
if hasattr(py_compile, "PycInvalidationMode"):
    mode["invalidation_mode"] = py_compile.PycInvalidationMode.UNCHECKED_HASH
found = sorted(
    os.path.join(folder, name) for root in sys.argv[1:] for folder, _, names in os.walk(root)
    for name in names if name.endswith(".py")
)
for source in found:
    folder, name = os.path.split(source)
    to = "/{_BYTECODE}%s/__pycache__/%s.%s.pyc" % (folder, name[:-3], sys.implementation.cache_tag)
    os.makedirs(os.path.dirname(to), exist_ok=True)
    try:
        py_compile.compile(source, cfile=to, dfile=source, doraise=True, **mode)
    except py_compile.PyCompileError:
        pass
"""
"""One process, files in order, no random hashes: then the bytes are the same each time. A file of a package that is for
another Python stays without. Before 3.7 bytecode goes by its source's time, which is the layer's."""


def venv_entries(prefix: Path, python: BasePython, lock: Lock) -> list[Entry]:
    """From a folder that packages were installed into. The programs in bin/ run the image's Python."""
    entries = [
        folder(ROOT),
        folder(VENV),
        file_of(LOCK, lock.text.encode()),
        file_of(f"{VENV}/pyvenv.cfg", _pyvenv(python, on_top=lock.on_top).encode()),
        link_to(f"{VENV}/bin/python", python.executable),
        link_to(f"{VENV}/bin/python3", "python"),
        *_installed(prefix, python),
    ]
    return with_folders(entries, below=VENV)


def own_entries(target: Path, lock: Lock) -> list[Entry]:
    """The scoring server's own packages, from the folder that they were installed into; none where they stand in the
    virtual environment."""
    entries = [folder(OWN)] if lock.apart else []
    for where, folders, names in os.walk(target):
        folders[:] = [name for name in folders if name != "bin"]
        sources = (Path(where) / name for name in names if name not in _OF_UV_ALONE and name != ".lock")
        entries += [file_from(f"{OWN}/{source.relative_to(target).as_posix()}", source) for source in sources]
    return with_folders(entries, below=OWN)


def serving_entries(files: Mapping[str, bytes]) -> list[Entry]:
    """The folder can be run as it is, which `-m` would do with the working folder, the author's, first on the path."""
    entries = [file_of(f"{SERVING}/{path}", content) for path, content in {**files, "__main__.py": _MAIN}.items()]
    return with_folders([folder(SERVING), *entries], below=SERVING)


def with_bytecode(entries: list[Entry], engine: Engine, image: str, python: BasePython) -> list[Entry]:
    """The entries with the bytecode of their Python files, compiled by the base image's own Python.

    Raises what `run_errand` raises.
    """
    sources = [entry for entry in entries if entry.path.endswith(".py") and entry.content is not None]
    if not sources:
        return entries
    root = os.path.commonpath([PurePosixPath(entry.path).parent for entry in sources])
    errand = Errand(
        image=image,
        command=(python.executable, "-s", "-c", _COMPILE, f"/{root}"),
        files=b"".join([*tar_pieces([folder(_BYTECODE), *sources])]),
    )
    what = "compiling Python files in the base image"
    with run_errand(engine, errand, what=what) as (_, container), engine.speaking(what):
        pieces, _ = engine.client.api.get_archive(container, f"/{_BYTECODE}")
        compiled = list(_compiled(b"".join(pieces)))
    return with_folders([*entries, *compiled], below=root)


def _pyvenv(python: BasePython, *, on_top: bool) -> str:
    home = PurePosixPath(python.executable).parent
    return f"home = {home}\ninclude-system-site-packages = {str(on_top).lower()}\nversion = {python.version}\n"


def _installed(prefix: Path, python: BasePython) -> Iterator[Entry]:
    for where, folders, names in os.walk(prefix):
        folders.sort()
        for name in sorted(names):
            source = Path(where) / name
            relative = source.relative_to(prefix).as_posix()
            if name not in _OF_UV_ALONE and relative != ".lock":
                yield _entry(_LIB.sub(f"lib/python{python.minor}/", relative), source)


def _entry(path: str, source: Path) -> Entry:
    inside = f"{VENV}/{path}"
    if path.startswith("bin/"):
        return _program(inside, source)
    if source.name == "direct_url.json":
        return file_of(inside, without_credentials(source.read_text(encoding="utf-8")).encode())
    if source.name == "RECORD" and source.parent.name.endswith(".dist-info"):
        return file_of(inside, _record(source.read_text(encoding="utf-8")).encode())
    return file_from(inside, source)


def _record(text: str) -> str:
    """Without the files that are left out, nor the digests of programs whose first line is another now; in order."""
    lines = (line for line in text.splitlines() if line.partition(",")[0].rpartition("/")[2] not in _OF_UV_ALONE)
    kept = (f"{line.partition(',')[0]},," if line.startswith("../") and "/bin/" in line else line for line in lines)
    return "".join(f"{line}\n" for line in sorted(kept))


def _program(inside: str, source: Path) -> Entry:
    """A script's first line names the Python that installed it; a compiled program is left as it is."""
    data = source.read_bytes()
    if not data.startswith(b"#!"):
        return file_from(inside, source)
    first, _, rest = data.partition(b"\n")
    if first == b"#!/bin/sh" and rest.startswith(b"'''exec'"):  # for a path that is too long for a first line
        _, _, rest = rest.partition(b"\n' '''\n")
    elif b"python" not in first:
        return file_from(inside, source)
    return file_of(inside, f"#!{PYTHON}\n".encode() + rest, executable=True)


def _compiled(archive: bytes) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file_of(member.name.partition("/")[2], file.read())


def made_from(parts: Iterable[str]) -> str:
    """The digest that a layer is kept under."""
    return digest_of(list(parts))
