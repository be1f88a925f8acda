"""A Python process with the stand-ins installed and folders of its own that play site-packages."""

import json
import os
import pathlib
import subprocess
import sys
from typing import Any, Dict, Optional, Sequence

PACKAGE_PARENT = pathlib.Path(__file__).resolve().parents[1]

PRELUDE = """
import json, site, sys
for folder in {folders!r}:
    site.addsitedir(folder)
from shipway_serving.shims.finder import install
install()
def answer(value):
    sys.__stdout__.write("\\n" + json.dumps(value))
"""


def write(folder: pathlib.Path, files: Dict[str, str]) -> pathlib.Path:
    """Write ``files`` by their path below ``folder``, and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(
    folder: pathlib.Path,
    code: str,
    sites: Sequence[pathlib.Path] = (),
    environment: Optional[Dict[str, str]] = None,
    flags: Sequence[str] = (),
) -> Any:
    """What ``code`` hands to ``answer``, run in ``folder`` with the packages in ``sites``; stderr must stay empty."""
    done = process(folder, code, sites, environment, flags)
    assert (done.stderr, done.returncode) == ("", 0)
    return json.loads(done.stdout.splitlines()[-1])


def process(
    folder: pathlib.Path,
    code: str,
    sites: Sequence[pathlib.Path] = (),
    environment: Optional[Dict[str, str]] = None,
    flags: Sequence[str] = (),
) -> "subprocess.CompletedProcess[str]":
    """The ended process itself."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE_PARENT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *flags, "-c", PRELUDE.format(folders=[str(site) for site in sites]) + code],
        cwd=str(folder),
        env=dict(base, **(environment or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=False,
    )
