"""``ModelDataCollector`` as scripts use it, in processes of its own, with real files."""

import csv
import fcntl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Dict, List

import pytest
from server_process import until
from shim_process import PACKAGE_PARENT, process, run, write

from shipway_serving.telemetry.data_collection_files import CollectionWriter, Entry, append
from shipway_serving.telemetry.data_collection_rows import header_line

ON = {"AML_MODEL_DC_STORAGE_ENABLED": "true", "SERVICE_NAME": "svc"}

IMPORTS = "from azureml.monitoring import ModelDataCollector\nfrom azureml.monitoring import modeldatacollector\n"


def rows(root: Path, part: str, designation: str, stem: str = "") -> List[List[str]]:
    """The one file of ``designation`` below ``root``, read as CSV."""
    (found,) = root.glob(f"modeldata/{part}/{designation}/*/*/*/{stem or designation}.csv")
    with found.open(newline="") as file:
        return list(csv.reader(file))


def collect(tmp_path: Path, code: str, environment: Dict[str, str]) -> Any:
    return run(tmp_path, IMPORTS + code, environment=dict(environment, SHIPWAY_DATA_COLLECTION_DIR=str(tmp_path)))


TIED = """
from shipway_serving.telemetry.data_collection import set_current_request_id
set_current_request_id("request-7")
inputs = ModelDataCollector("best", designation="inputs", feature_names=["a", "b"], model_version="3")
predictions = ModelDataCollector("best", identifier="predictions", feature_names=["y"], model_version="3")
ties = inputs.collect([[1, 2], [3, 4]], "loan-5")
returned = predictions.collect(predictions.add_correlations([[0.5], [0.7]], ties))
answer([ties, returned, predictions.add_correlations([1], None)])
"""


def test_inputs_and_predictions_are_filed_and_tied_to_their_request(tmp_path: Path) -> None:
    """O-1, O-2, O-4; flushed when the process ends."""
    ties, returned, unchanged = collect(tmp_path, TIED, dict(ON, WORKSPACE_NAME="Ws"))
    assert (returned, unchanged) == (None, [1])
    assert ties["$aml_dc_correlation_id"].startswith("loan-5-")
    assert [ties["$aml_request_id"], ties["$aml_workspace"]] == ["request-7", "default/default/ws"]
    tail = [str(value) for value in ties.values()]
    place = "default/default/ws/svc/best/3"
    assert rows(tmp_path, place, "inputs") == [["a", "b", *ties], ["1", "2", *tail], ["3", "4", *tail]]
    assert rows(tmp_path, place, "predictions") == [["y", *ties], ["0.5", *tail], ["0.7", *tail]]


def test_predictions_are_tied_to_their_request_without_further_ado(tmp_path: Path) -> None:
    """Most scripts add no correlations."""
    code = TIED.replace("predictions.add_correlations([[0.5], [0.7]], ties)", "[[0.5], [0.7]]")
    collect(tmp_path, code, ON)
    found = rows(tmp_path, "default/default/default/svc/best/3", "predictions")
    assert [row[0] for row in found] == ["y", "0.5", "0.7"]
    assert {row[-1] for row in found[1:]} == {"request-7"}


def test_off_is_nothing(tmp_path: Path) -> None:
    """O-3: no file, no line, None."""
    code = "collect = ModelDataCollector('m', designation='inputs').collect\nanswer([collect([1]), collect(3)])"
    done = process(tmp_path, IMPORTS + code)
    assert (done.stdout, done.stderr) == ("\n[null, null]", "") and list(tmp_path.iterdir()) == []


def test_debug_prints_each_row_and_stores_none(tmp_path: Path) -> None:
    """O-3; correlations are returned as if it were on."""
    code = """
collector = ModelDataCollector("m", "inputs", ["a", "b"])
print(sorted(collector.collect([1, 2]))[0])
ModelDataCollector("m", "predictions").collect([0.5])
"""
    lines = process(tmp_path, IMPORTS + code, environment={"AML_MODEL_DC_DEBUG": "true"}).stdout.splitlines()
    assert lines[0].startswith("a,b,$aml_dc_correlation_id,") and lines[1].startswith("1,2,")
    assert lines[2] == "$aml_dc_boundary"
    assert lines[3].startswith("column_1,$aml") and lines[4].startswith("0.5,")
    assert len(lines) == 5 and list(tmp_path.iterdir()) == []


def test_the_constructors_of_every_age_are_taken(tmp_path: Path) -> None:
    """2018 said ``identifier`` and other parameters that are gone."""
    code = """
from azureml.datacollector import ModelDataCollector as Early
early = Early("m.pkl", identifier="inputs", model_management_account_id="unknown", model_id="unknown")
early.collect([1])
ModelDataCollector("m.pkl", "signals", collection_name="clicks").collect([2])
modeldatacollector.ModelDataCollector("m.pkl").collect([3])
answer(Early is ModelDataCollector)
"""
    assert collect(tmp_path, code, ON)
    place = "default/default/default/svc/m.pkl/default"
    assert rows(tmp_path, place, "inputs")[1][0] == "1"
    assert rows(tmp_path, place, "signals", "clicks")[1][0] == "2"
    assert rows(tmp_path, place, "general", "default")[1][0] == "3"


def test_the_version_is_that_of_the_model_in_the_container(tmp_path: Path) -> None:
    """The script seldom says it."""
    write(tmp_path, {"azureml-models/m/4/x": "", "azureml-models/m/10/x": ""})
    collect(tmp_path, "answer(ModelDataCollector('m').collect([1]))", dict(ON, AML_APP_ROOT=str(tmp_path)))
    assert len(rows(tmp_path, "default/default/default/svc/m/10", "general", "default")) == 2


def test_frames_of_two_processes_share_the_columns_of_the_first(tmp_path: Path) -> None:
    """Each frame has its columns in the order of its request (S-21)."""
    pytest.importorskip("pandas")
    for columns in ({"a": [1], "b": [2]}, {"b": [4], "c": [5], "a": [3]}):
        code = f"import pandas\nanswer(ModelDataCollector('m', 'inputs').collect(pandas.DataFrame({columns})))"
        collect(tmp_path, code, ON)
    header, first, second = rows(tmp_path, "default/default/default/svc/m/default", "inputs")
    assert [header[:2], first[:2], second[:2], second[10:]] == [["a", "b"], ["1", "2"], ["3", "4"], ["5"]]


def test_a_collection_that_fails_never_fails_the_request(tmp_path: Path) -> None:
    """And says so once."""
    code = """
class Bad(list):
    def __iter__(self):
        raise RuntimeError("bad data")
collector = ModelDataCollector("m", "inputs")
print([collector.collect(data) for data in (Bad([1]), Bad([2]), "text", 3)])
"""
    done = process(tmp_path, IMPORTS + code, environment=ON)
    assert done.stdout == "[None, None, None, None]\n"
    reason = "Data collection failed and the request went on: RuntimeError: bad data"
    assert done.stderr == f"m/default/inputs: {reason}. This is said once.\n"


def test_the_scoring_timeout_may_strike_inside_a_collection(tmp_path: Path) -> None:
    """It is about the request: swallowed here, ``run`` would go on for ever."""
    code = """
class Slow(list):
    def __iter__(self):
        raise TimeoutError("too slow")
try:
    ModelDataCollector("m").collect(Slow([1]))
except TimeoutError as error:
    answer(str(error))
"""
    assert collect(tmp_path, code, ON) == "too slow"


MANY = """
collector = ModelDataCollector("m", "inputs", ["worker", "row", "text"])
for number in range(300):
    collector.collect([[{worker}, number, "x" * (number % 50) + ",\\n"]] * 3)
    if number % 60 == 0:
        from shipway_serving.shims import monitoring
        monitoring._writer.flush()
answer(True)
"""


def test_several_processes_write_whole_lines_and_one_header(tmp_path: Path) -> None:
    """Workers share the file of the day."""
    environment = dict(ON, SHIPWAY_DATA_COLLECTION_DIR=str(tmp_path), PYTHONPATH=str(PACKAGE_PARENT))
    started = [_start(tmp_path, MANY.replace("{worker}", str(worker)), environment) for worker in range(3)]
    assert [each.wait() for each in started] == [0, 0, 0]
    header, *found = rows(tmp_path, "default/default/default/svc/m/default", "inputs")
    assert header[:3] == ["worker", "row", "text"]
    assert {len(row) for row in found} == {11}
    seen = [(int(row[0]), int(row[1])) for row in found]
    assert sorted(seen) == sorted([(worker, number) for worker in range(3) for number in range(300)] * 3)
    for worker in range(3):
        mine = [number for owner, number in seen if owner == worker]
        assert mine == sorted(mine)


def _start(folder: Path, code: str, environment: Dict[str, str]) -> "subprocess.Popen[bytes]":
    install = "from shipway_serving.shims.finder import install\ninstall()\nanswer = print\n"
    command = [sys.executable, "-c", install + IMPORTS + code]
    return subprocess.Popen(command, cwd=str(folder), env=environment, stdout=subprocess.DEVNULL)


def test_a_forked_child_writes_its_rows_at_once(tmp_path: Path) -> None:
    """It has no writing thread, and may end without any farewell."""
    code = """
import os, warnings
collector = ModelDataCollector("m")
collector.collect(["parent"])
warnings.simplefilter("ignore")  # From 3.12 on, a fork beside threads is warned about.
child = os.fork()
if child == 0:
    collector.collect(["child"])
    os._exit(0)
os.waitpid(child, 0)
answer(True)
"""
    assert collect(tmp_path, code, ON)
    found = rows(tmp_path, "default/default/default/svc/m/default", "general", "default")
    assert sorted(row[0] for row in found[1:]) == ["child", "parent"]


FULL = """
import os, resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
from shipway_serving.shims import monitoring
collector = ModelDataCollector("m", "inputs")
for number in range(60):
    collector.collect([number, "x" * 100])
    monitoring._writer.flush()
print("still here")
"""


def test_a_full_disk_is_said_once_and_loses_whole_rows_only(tmp_path: Path) -> None:
    """The file keeps its last whole line; the process goes on."""
    environment = dict(ON, SHIPWAY_DATA_COLLECTION_DIR=str(tmp_path))
    done = process(tmp_path, IMPORTS + FULL, environment=environment)
    assert done.stdout == "still here\n"
    assert done.stderr.startswith("Data collection drops rows that cannot be written to " + str(tmp_path))
    assert done.stderr.count("\n") == 1 and done.stderr.endswith(" This is said once.\n")
    header, *found = rows(tmp_path, "default/default/default/svc/m/default", "inputs")
    assert {len(row) for row in [header, *found]} == {10}
    assert [int(row[0]) for row in found] == list(range(len(found))) and 10 < len(found) < 30


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    """Say, a read-only mount."""
    (tmp_path / "modeldata").write_text("in the way")
    code = "collector = ModelDataCollector('m')\nprint(collector.collect([1]))"
    done = process(tmp_path, IMPORTS + code, environment=dict(ON, SHIPWAY_DATA_COLLECTION_DIR=str(tmp_path)))
    path = f"{tmp_path}/modeldata/default/default/default/svc/m/default/general/"
    assert done.stdout == "None\n"
    assert done.stderr.startswith(f"Data collection drops rows that cannot be written to {path}")


def test_a_file_that_is_no_csv_takes_no_other_file_along(tmp_path: Path) -> None:
    """A crash of the machine can leave anything there; what is collected for other files still arrives."""
    writer = CollectionWriter()
    broken, sound = tmp_path / "broken.csv", tmp_path / "sound.csv"
    broken.write_text('"' + "x" * 200000)
    for path in (broken, sound):
        writer.put(Entry(str(path), ["mine"], lambda columns: "row\r\n", 1))
    writer.flush()
    assert sound.read_bytes().decode() == header_line(["mine"]) + "row\r\n"


@pytest.mark.parametrize("content, columns", [("", ["mine"]), (header_line(["first"]), ["first"]), ("x\r\n", ["mine"])])
def test_a_file_keeps_the_columns_that_it_began_with(content: str, columns: List[str], tmp_path: Path) -> None:
    """Whoever made it; another worker may have seen other data first."""
    path = tmp_path / "day.csv"
    path.write_text(content)
    append(str(path), ["mine"], "-".join)
    assert path.read_bytes().decode() == (content or header_line(["mine"])) + "-".join(columns)


def test_who_finds_the_file_empty_is_settled_under_its_lock(tmp_path: Path) -> None:
    """Otherwise two workers would both begin it."""
    path = tmp_path / "day.csv"
    with path.open("ab", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread = threading.Thread(target=append, args=(str(path), ["mine"], "row {}".format))
        thread.start()
        until(lambda: not thread.is_alive() or _waits_for_lock(path), "an attempt to append")
        other.write(header_line(["first"]).encode())
    thread.join()
    assert path.read_bytes().decode() == header_line(["first"]) + "row ['first']"


def _waits_for_lock(path: Path) -> bool:
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(f":{path.stat().st_ino} " in line for line in waiting)
