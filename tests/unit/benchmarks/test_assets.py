import json
from pathlib import Path

import pytest

from benchmarks.assets import Settings, main
from benchmarks.assets_measuring import ASSET, CONFIG, environment_figure_of, requirement_lines
from benchmarks.report import Figure

FIGURES = (Figure(figure="check_s", unit="s", shipway=3.14159, goal="< 8", note="all of it"),)


def test_the_result_file_has_the_form_that_all_benchmarks_share(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--rounds", "1"], measure=lambda _: FIGURES, results=tmp_path) == 0
    found = json.loads((tmp_path / "assets.json").read_text())
    assert list(found) == ["name", "commit", "machine", "figures"]
    assert {"processor", "cpus", "python", "load_1m_before", "load_1m_after"} <= set(found["machine"])
    assert found["figures"] == [{"figure": "check_s", "unit": "s", "shipway": 3.1416, "peers": {}, "goal": "< 8"}]
    assert "check_s  3.14 s   < 8   yes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "settings"),
    [([], Settings(rounds=3, model_mb=10)), (["--rounds", "1", "--small"], Settings(rounds=1, model_mb=1))],
)
def test_how_much_is_measured_can_be_said(words: list[str], settings: Settings, tmp_path: Path) -> None:
    asked: list[Settings] = []

    def measure(given: Settings) -> tuple[Figure, ...]:
        asked.append(given)
        return FIGURES

    main(words, measure=measure, results=tmp_path)
    assert asked == [settings]


def test_rounds_are_at_least_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rounds", "0"])
    assert "--rounds must be at least 1, not 0" in capsys.readouterr().err


def test_the_environment_is_told_as_a_share_of_pips_time() -> None:
    figure = environment_figure_of({"shipway": 8.0, "pip": 40.0})
    assert (figure.shipway, figure.is_met) == (0.2, True)
    assert "8.0 s, pip 21.3.1 40.0 s" in figure.note
    assert environment_figure_of({"shipway": 30.0, "pip": 40.0}).is_met is False


def test_pip_gets_the_servers_requirements_without_what_is_said_of_them() -> None:
    text = "# Why so loose.\n\nhttptools>=0.1.1\nwerkzeug>=0.14 # any\n"
    assert requirement_lines(text) == ["httptools>=0.1.1", "werkzeug>=0.14"]


def test_the_asset_is_there() -> None:
    assert (ASSET / CONFIG).is_file()
