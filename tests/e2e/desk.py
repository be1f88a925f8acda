"""Where somebody types commands and makes mistakes: an empty folder with a workspace and a good release file."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from shipway.cli.main import main
from shipway.testing.assets import write_adder

_PROGRESS = re.compile(r" *\d+\.\d s  ")


@dataclass(frozen=True)
class Desk:
    """`folder` holds the workspace, `good.yaml` and what it names; `state` is this machine's state."""

    folder: Path
    state: Path
    capsys: pytest.CaptureFixture[str]

    def types(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and errors of a command, with `~` for the folder."""
        code = main(words)
        said = self.capsys.readouterr()
        return code, said.out.replace(str(self.folder), "~"), said.err.replace(str(self.folder), "~")

    def refused(self, *words: str, code: int = 1) -> str:
        """What a refused command says: one line on stderr besides progress, nothing on stdout, no fault of ours."""
        ended, out, err = self.types(*words)
        assert (ended, out) == (code, ""), err
        line, end, rest = without_progress(err).partition("\n")
        assert (end, rest) == ("\n", ""), err
        assert "fault of Shipway" not in line
        return line.removeprefix("shipway: error: ")

    def edits(self, old: str, new: str, file: str = "good.yaml") -> None:
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new))

    def writes(self, file: str, content: str | bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def has_nothing_new(self) -> bool:
        """No model, release, lease or blob in the workspace; no service, environment or server on the machine."""
        kept = {path.name for path in (self.folder / ".shipway").rglob("*") if path.is_file()}
        made = {path.parent.name for path in self.state.glob("shipway/*/*/*")}
        return kept == {"workspace.json"} and made <= {"services", "logs"}


def without_progress(text: str) -> str:
    """Of what was said, all but the lines that tell of progress, which begin with the seconds so far."""
    return "".join(line for line in text.splitlines(keepends=True) if not _PROGRESS.match(line))


def open_desk(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Below `root`, on a machine that has no state yet; commands are typed there from now on."""
    folder, state = root / "here", root / "state"
    folder.mkdir()
    state.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.setenv("HOME", str(root / "home"))
    for name in ("SHIPWAY_WORKSPACE", "PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    write_adder(folder, offset="1", golden=2, name="good")
    desk = Desk(folder, state, capsys)
    assert desk.types("init", "--no-example")[0] == 0
    return desk
