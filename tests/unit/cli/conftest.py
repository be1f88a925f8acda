"""The command run in this process: `shipway("model", "list")` gives its exit code, output and errors."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shipway.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line of a failed command."""
        assert self.out == ""
        line, end, rest = self.err.partition("\n")
        assert end
        assert rest == "", self.err
        return line


Shipway = Callable[..., Said]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are typed: an empty folder, on a machine that has no state yet."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("SHIPWAY_WORKSPACE", "PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    return here


@pytest.fixture
def shipway(capsys: pytest.CaptureFixture[str]) -> Shipway:
    def run(*argv: str) -> Said:
        code = main(argv)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def workspace(shipway: Shipway, folder: Path) -> Path:
    assert shipway("init", "--no-example").code == 0
    return folder / ".shipway"


@pytest.fixture
def model(folder: Path) -> Path:
    path = folder / "digits.onnx"
    path.write_bytes(b"weights")
    return path
