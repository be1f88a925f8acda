"""What ships, and what it asks for."""

import pathlib
import re
import subprocess
import sys

SERVING = pathlib.Path(__file__).resolve().parents[1]


def test_both_lists_of_requirements_are_the_same() -> None:
    """Images install requirements.txt, everybody else the distribution."""
    lines = (SERVING / "requirements.txt").read_text().splitlines()
    required = [line for line in lines if line and not line.startswith("#")]
    declared = re.search(r"^dependencies = \[(.*)\]$", (SERVING / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared is not None
    assert re.findall(r'"([^"]+)"', declared.group(1)) == required


def test_the_contract_imports_only_the_standard_library_and_itself() -> None:
    """It is pure: no sockets, no loop, no logging."""
    modules = sorted(path.stem for path in (SERVING / "shipway_serving" / "contract").glob("[a-z]*.py"))
    names = ", ".join(f"shipway_serving.contract.{module}" for module in modules)
    code = f"import sys\nimport {names}\nprint([name for name in sys.modules if name in {FORBIDDEN}])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=str(SERVING), stdout=subprocess.PIPE, universal_newlines=True, check=True
    )
    assert modules and done.stdout == "[]\n"


FORBIDDEN = [
    "asyncio",
    "logging",
    "httptools",
    "socket",
    "threading",
    "shipway_serving.server",
    "shipway_serving.telemetry",
]


def test_the_pid_file_is_written_before_anything_slow_is_imported() -> None:
    """Whoever finds the file late may start a second server."""
    code = "import sys, shipway_serving.server.pid_file; print([n for n in sys.modules if n in {0}])".format(
        ["argparse", "subprocess", "socket", "logging", "httptools", "asyncio"]
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=str(SERVING),
        stdout=subprocess.PIPE,
        universal_newlines=True,
        check=True,
    )
    assert done.stdout == "[]\n"
