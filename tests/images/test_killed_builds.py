"""Builders that die, and builders that build the same at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shipway.domain.image import Image, ImageSpec
from shipway.engine.connection import Engine
from shipway.image.container.errand import LABEL, errand_label, sweep_errands
from shipway.image.container.spool import spool_folder
from shipway.machine.state import MachineState
from tests.images.conftest import RUN, fresh_state

Build = Callable[..., Image]
Spec = Callable[..., ImageSpec]


def test_builders_of_the_same_at_once_make_one(build: Build, spec: Spec, tmp_path: Path) -> None:
    state = fresh_state(tmp_path / "state")
    with ThreadPoolExecutor(3) as pool:
        images = list(pool.map(lambda _: build(spec(), state=state), range(3)))
    assert len({image.digest for image in images}) == 1
    assert len(list((state.root / "layers").glob("*.tar"))) == 4


def test_what_a_killed_builder_left_on_this_machine_is_swept(tmp_path: Path) -> None:
    state = MachineState(tmp_path)
    killed = tmp_path / "spool" / "build-killed"
    killed.mkdir(parents=True)
    (killed / "blob").write_bytes(b"half")
    with spool_folder(state) as mine, spool_folder(state) as other:
        assert not killed.exists()
        assert mine.exists()
        assert other.exists()
    assert list((tmp_path / "spool").glob("build-*")) == []


def test_what_a_killed_builder_left_in_the_engine_is_swept(engine: Engine) -> None:
    script = "from shipway.image.container.errand import errand_label; print(errand_label(), flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    theirs = child.stdout.readline().strip()
    left = _container(engine, theirs)
    mine = _container(engine, errand_label())
    foreign = _container(engine, "another-host 1 1.000")
    try:
        sweep_errands(engine)
        assert {left, mine, foreign} <= _there(engine), "its builder lives"
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        assert sweep_errands(engine) >= 1
        assert left not in _there(engine)
        assert {mine, foreign} <= _there(engine)
    finally:
        for container in (mine, foreign):
            engine.client.api.remove_container(container, force=True)


def _container(engine: Engine, label: str) -> str:
    labels = {LABEL: label, "shipway.tests": RUN}
    return str(engine.client.api.create_container("shipway-base:3.11", ["true"], labels=labels)["Id"])


def _there(engine: Engine) -> set[str]:
    return {each["Id"] for each in engine.client.api.containers(all=True, filters={"label": [LABEL]})}
