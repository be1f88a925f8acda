from dataclasses import replace

import pytest

from shipway.machine.state import MachineState
from shipway.release.collected import Collected, collect_rows, key_of
from shipway.store.workspace import open_workspace

DAY = "modeldata/default/default/shop/digits/digits/1/inputs/2026/07/01"


@pytest.fixture
def bucket(tmp_path):
    """A workspace that says it is in a bucket, and lies in a folder."""
    return replace(open_workspace(tmp_path / "ws", create=True), url="s3://models/shop")


@pytest.fixture
def state(tmp_path):
    (tmp_path / "state" / "collected" / DAY).mkdir(parents=True)
    return MachineState(tmp_path / "state")


def rows(state, text):
    (state.root / "collected" / DAY / "inputs.csv").write_text(text)


def test_what_has_grown_is_sent_whole_lines_only_under_this_machine_s_name(bucket, state):
    rows(state, "a\r\n1\r\n2")
    key = f"{DAY}/inputs.node7.csv"
    assert collect_rows(bucket, state, machine="node7") == Collected(sent=(key,), unchanged=0)
    assert bucket.objects.read(key) == b"a\r\n1\r\n"
    assert collect_rows(bucket, state, machine="node7") == Collected(sent=(), unchanged=1)
    rows(state, "a\r\n1\r\n22\r\n")
    assert collect_rows(bucket, state, machine="node7").sent == (key,)
    assert bucket.objects.read(key) == b"a\r\n1\r\n22\r\n"


def test_two_machines_overwrite_nothing_of_each_other(bucket, state):
    rows(state, "a\n1\n")
    collect_rows(bucket, state, machine="one")
    rows(state, "a\n2\n")
    collect_rows(bucket, state, machine="two")
    assert bucket.objects.read(key_of(f"{DAY}/inputs.csv", "one")) == b"a\n1\n"
    assert bucket.objects.read(key_of(f"{DAY}/inputs.csv", "two")) == b"a\n2\n"


def test_a_workspace_in_a_folder_has_its_rows_already(bucket, state, tmp_path):
    rows(state, "a\n1\n")
    folder = open_workspace(tmp_path / "ws")
    assert collect_rows(folder, state, machine="one") == Collected(sent=(), unchanged=0)


def test_without_rows_there_is_nothing_to_send(bucket, tmp_path):
    assert collect_rows(bucket, MachineState(tmp_path / "none"), machine="one") == Collected(sent=(), unchanged=0)
