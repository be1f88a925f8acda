import json
from pathlib import Path

import pytest

from benchmarks.report import ROOT, Figure
from benchmarks.serving import Settings, main
from benchmarks.serving_figures import (
    batching_figures,
    cold_start_figure,
    cpu_figure,
    memory_figure,
    p99_figure,
    rate_figures,
    two_worker_figure,
)
from benchmarks.serving_load import closed_loop_answered, open_loop_answered
from benchmarks.serving_measuring import one_row
from benchmarks.serving_peers import PEERS, servers, v1_body, v2_body, v2_labels, with_script
from benchmarks.serving_running import pss_mb_of

PER_S = {"shipway": 8000.0, "azmlinfsrv": 800.0, "bare": 10_000.0, "mlserver": 900.0}


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ([], Settings(rounds=5, seconds=3, quick=False, serving=ROOT / "serving")),
        (["--quick"], Settings(rounds=3, seconds=2, quick=True, serving=ROOT / "serving")),
        (
            ["--rounds", "1", "--serving", "/other/serving"],
            Settings(rounds=1, seconds=3, quick=False, serving=Path("/other/serving")),
        ),
    ],
)
def test_how_much_is_measured_can_be_said(words: list[str], settings: Settings, tmp_path: Path) -> None:
    asked: list[Settings] = []

    def measure(given: Settings) -> list[Figure]:
        asked.append(given)
        return rate_figures(PER_S)

    assert main(words, measure=measure, results=tmp_path) == 0
    assert asked == [settings]
    (result,) = tmp_path.iterdir()
    assert result.name == ("serving-quick.json" if settings.quick else "serving.json")
    found = json.loads(result.read_text())
    assert [figure["figure"] for figure in found["figures"]] == ["rps_over_azmlinfsrv", "rps_over_bare"]


def test_no_rounds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rounds", "0"])
    assert "--rounds must be at least 1, not 0" in capsys.readouterr().err


def test_tools_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SystemExit, match="not on PATH: uv, wrk, cc; install them"):
        main([])


def test_the_quick_run_leaves_out_what_it_is_not_compared_with() -> None:
    quick = Settings(rounds=1, seconds=1, quick=True, serving=ROOT / "serving")
    assert list(quick.servers()) == ["shipway", "azmlinfsrv", "bare"]


def test_rates_are_told_as_ratios() -> None:
    over_v1, over_bare = rate_figures(PER_S)
    assert (over_v1.shipway, over_v1.is_met) == (10.0, False)
    assert (over_bare.shipway, over_bare.is_met) == (0.8, True)


def test_p99_is_compared_at_each_peer_s_own_rate_and_the_worst_counts() -> None:
    rates = {"shipway": 6000.0, "azmlinfsrv": 400.0, "bare": 4000.0}
    figure = p99_figure({"shipway": 2.0, "azmlinfsrv": 0.4, "bare": 0.9}, {"azmlinfsrv": 8.0, "bare": 1.0}, rates)
    assert (figure.shipway, figure.is_met) == (0.9, True)
    assert "bare at 4,000/s: shipway 0.90 ms, it 1.00 ms" in figure.note
    assert "the nearest is bare; at half of its own, 6,000/s, shipway 2.00 ms" in figure.note


def test_cold_starts_count_by_the_first_score() -> None:
    figure = cold_start_figure({"shipway": 0.1, "azmlinfsrv": 0.5}, {"shipway": 0.4, "azmlinfsrv": 0.8})
    assert (figure.shipway, figure.is_met) == (0.5, True)
    assert figure.note.endswith("on /: shipway 0.10 s, azmlinfsrv 0.50 s")


def test_memory_and_cpu_are_a_worker_s_and_a_server_s() -> None:
    memory = memory_figure({"shipway": 40.0, "azmlinfsrv": 80.0}, {"shipway": 50.0, "azmlinfsrv": 100.0})
    assert memory.shipway == 0.5
    assert "shipway 50 MB, azmlinfsrv 100 MB" in memory.note
    cpu = cpu_figure({"shipway": 80.0, "azmlinfsrv": 800.0})
    assert (cpu.shipway, cpu.peers, cpu.is_met) == (80.0, {"azmlinfsrv": 800.0}, None)


def test_the_lesser_gain_by_a_second_worker_counts() -> None:
    figure = two_worker_figure({2: 100.0, 8: 100.0}, {2: 190.0, 8: 160.0}, onnxruntime_gain=1.9)
    assert (figure.shipway, figure.is_met) == (1.6, False)
    assert figure.peers["2 workers at 8, /s"] == 160.0


def test_batching_is_told_as_gain_and_as_p99() -> None:
    gain, p99 = batching_figures({"on": 300.0, "off": 100.0}, {"on": 60.0, "off": 200.0}, onnxruntime_gain=3.8)
    assert (gain.shipway, gain.is_met, p99.shipway, p99.is_met) == (3.0, True, 0.3, True)
    assert gain.note == "onnxruntime itself gains 3.80 x by 16 rows at once on this machine"


def test_what_wrk_says_is_read() -> None:
    said = 'Running 3s test\n{"requests": 300, "seconds": 3.0, "errors": 0, "p50_ms": 1.5, "p99_ms": 9.5}\n'
    answered = closed_loop_answered("ours", said, cpu_s=0.03)
    assert (answered.per_s, answered.p50_ms, answered.p99_ms) == (100.0, 1.5, 9.5)
    assert answered.cpu_us == pytest.approx(100.0)


def test_a_run_with_a_failed_request_measures_nothing() -> None:
    said = '{"requests": 300, "seconds": 3.0, "errors": 2, "p50_ms": 1.5, "p99_ms": 9.5}'
    with pytest.raises(RuntimeError, match="ours: 2 of 300 requests failed under wrk, so it measured nothing"):
        closed_loop_answered("ours", said, cpu_s=0.03)
    said = '{"due": 300, "answered": 299, "errors": 1, "opened": 8, "p50_ms": 1.5, "p99_ms": 9.5}'
    with pytest.raises(RuntimeError, match="ours: 2 of 300 requests failed in open loop, so it measured nothing"):
        open_loop_answered("ours", said, seconds=3, cpu_s=0.03)


def test_every_server_is_sent_the_same_row() -> None:
    assert one_row() == one_row()
    assert v1_body([[1, 2], [3, 4]]) == {"data": [[1, 2], [3, 4]]}
    (tensor,) = v2_body([[1, 2], [3, 4]])["inputs"]
    assert (tensor["shape"], tensor["data"]) == ([2, 2], [1, 2, 3, 4])
    assert v2_labels({"outputs": [{"data": [6, 7]}]}) == [6, 7]


def test_each_server_has_a_lock_with_the_same_onnxruntime_and_numpy() -> None:
    locks = {name: (PEERS / "requirements" / f"{name}.txt").read_text() for name in servers(ROOT / "serving")}
    for package in ("onnxruntime==", "numpy=="):
        lines = {line for lock in locks.values() for line in lock.splitlines() if line.startswith(package)}
        assert len(lines) == 1, lines


def test_a_server_can_be_given_another_script_and_more_words() -> None:
    plain = servers(ROOT / "serving")["shipway"]
    batching = with_script(plain, "score_batch.py", "--batch_max_rows", "16")
    assert batching.words == (*plain.words, "--batch_max_rows", "16")
    assert "def run_batch(batch):" in batching.files["score.py"]
    assert "score.py" not in plain.files


def test_memory_is_read_from_the_kernel_s_sum() -> None:
    rollup = "55d0-7ffd ---p 00000000 00:00 0    [rollup]\nRss:   9000 kB\nPss:   1000 kB\nPss_Dirty:  10 kB\n"
    assert pss_mb_of(rollup) == 1.024
