"""A machine that does not let you: ports, disk and rights. One line says what, and nothing is half-done."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.absent import absent
from tests.e2e.desk import Desk, open_desk

_NOBODY = 65534


def test_a_port_that_somebody_else_holds_is_refused_before_anything_is_built(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        desk.edits("{computeType: local}", f"{{computeType: local, port: {port}}}")
        for more in (["--dry-run"], []):
            said = desk.refused("release", "good.yaml", *more)
            assert said.startswith(f"port {port} of service adder is held by ")
            assert said.endswith(
                f"(process {os.getpid()}); end that process, or set another `port` in deploymentconfig.json "
                "(without one, a free port is taken)"
            )
    assert desk.has_nothing_new()


@pytest.fixture
def small_disk(desk: Desk) -> Iterator[Path]:
    """A workspace on 4 MB of disk."""
    folder = desk.folder / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        absent("mounting a small disk needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_registers_nothing(desk: Desk, small_disk: Path) -> None:
    assert desk.types("init", "--no-example", "small")[0] == 0
    desk.writes("big.bin", b"x" * 6_000_000)
    said = desk.refused("model", "register", "-n", "big", "-p", "big.bin", "--workspace", "small")
    assert said.startswith("no room left in workspace ~/small/.shipway: wanted 6.0 MB, ")
    assert said.endswith(" MB free; free some or move the workspace")
    desk.edits("good/offset.txt", "big.bin")
    said = desk.refused("release", "good.yaml", "--workspace", "small")
    assert said.startswith("no room left in workspace ~/small/.shipway: wanted 6.0 MB, ")
    assert desk.types("model", "list", "--workspace", "small")[1].startswith("no model is registered yet")
    assert desk.types("release", "list", "--workspace", "small")[1].startswith("no release yet")


@pytest.fixture
def locked_desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk where the test goes on as somebody who may read everything and write nothing but the machine's state."""
    if os.geteuid() != 0:
        absent("becoming somebody else needs root")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        desk = open_desk(root, monkeypatch, capsys)
        for path in [root, *root.rglob("*")]:
            path.chmod(0o777 if path.is_relative_to(desk.state) else 0o755 if path.is_dir() else 0o644)
        os.seteuid(_NOBODY)
        try:
            yield desk
        finally:
            os.seteuid(0)


def as_owner(path: Path, mode: int) -> None:
    """Changes who may do what, as root."""
    os.seteuid(0)
    path.chmod(mode)
    os.seteuid(_NOBODY)


@pytest.mark.parametrize(
    "command", ["model register -n m -p good/offset.txt", "environment register -d env", "init --no-example other"]
)
def test_a_workspace_that_cannot_be_written(locked_desk: Desk, command: str) -> None:
    os.seteuid(0)
    locked_desk.writes("env/azureml_environment.json", '{"name": "mine"}')
    os.seteuid(_NOBODY)
    said = locked_desk.refused(*command.split())
    assert "~/" in said
    assert "ermission denied" in said
    assert locked_desk.has_nothing_new()


def test_a_port_for_root_alone(locked_desk: Desk) -> None:
    os.seteuid(0)
    locked_desk.edits("{computeType: local}", "{computeType: local, port: 81}")
    os.seteuid(_NOBODY)
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 81:
        absent("this machine lets everybody listen on port 81")
    assert locked_desk.refused("release", "good.yaml") == (
        "port 81 of service adder is for root only, as all below 1024; "
        "set another `port` in deploymentconfig.json (without one, a free port is taken)"
    )


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        ("good.yaml", "good.yaml: cannot be read: Permission denied"),
        ("good.jsonl", "good.jsonl: cannot be read: Permission denied"),
        ("src/score.py", "~/src/score.py: cannot be read: Permission denied"),
        ("good", "good.yaml:2: models/0/path: cannot be read: Permission denied: ~/good/offset.txt"),
        ("src", "good.yaml:3: inference: cannot be read: Permission denied: ~/src/score.py"),
    ],
)
def test_what_cannot_be_read_is_named(locked_desk: Desk, locked: str, expected: str) -> None:
    as_owner(locked_desk.folder / locked, 0o600)
    assert locked_desk.refused("release", "good.yaml", "--dry-run") == expected


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        ("good", "model path good cannot be read: Permission denied"),
        ("good/offset.txt", "good/offset.txt could not be read: Permission denied"),
    ],
)
def test_a_model_that_cannot_be_read_is_not_registered(locked_desk: Desk, locked: str, expected: str) -> None:
    as_owner(locked_desk.folder / locked, 0o600)
    as_owner(locked_desk.folder / ".shipway", 0o777)
    assert locked_desk.refused("model", "register", "-n", "m", "-p", "good") == expected
    assert locked_desk.has_nothing_new()
