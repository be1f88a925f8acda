"""Packages for an image, without an engine: a folder of wheels and sources stands for an index."""

import io
import tarfile
from pathlib import Path

import pytest

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.container.base_python import BasePython
from shipway.image.container.layer_tar import Entry
from shipway.image.container.venv_layer import venv_entries
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.install import install
from shipway.image.packages.lock import Lock, PythonThere, packages_in
from shipway.image.packages.resolve import resolve
from shipway.image.uv import run_uv
from shipway.machine.state import MachineState
from tests.unit.image.wheels import write_wheel

PLATFORM = "x86_64-manylinux_2_36"
SERVING = "httptools>=0.1\n"


def python(version: str) -> BasePython:
    return BasePython(
        version=version,
        executable=f"/usr/local/bin/python{version[: version.rindex('.')]}",
        machine="x86_64",
        libc="glibc 2.36",
        passwd="",
        group="",
        folders=(),
    )


OWN = python(own_interpreter().version)


def write_source(folder: Path, name: str, *, library: str | None = None) -> None:
    """A source distribution that builds without any other package. `library` is what its compiled part needs."""
    build = (
        "import zipfile\n"
        f"TAG = {'cp311-cp311-linux_x86_64' if library else 'py3-none-any'!r}\n"
        "def build_wheel(folder, *_):\n"
        f"    name = f'{name}-1.0-{{TAG}}.whl'\n"
        "    with zipfile.ZipFile(f'{folder}/{name}', 'w') as wheel:\n"
        f"        wheel.writestr('{name}.py', 'X = 1')\n"
        f"        wheel.writestr('_{name}.so', {(library or '') + chr(0)!r}) if {library!r} else None\n"
        f"        wheel.writestr('{name}-1.0.dist-info/METADATA', open('PKG-INFO').read())\n"
        f"        wheel.writestr('{name}-1.0.dist-info/WHEEL', f'Wheel-Version: 1.0\\nTag: {{TAG}}\\n')\n"
        f"        wheel.writestr('{name}-1.0.dist-info/RECORD', '_{name}.so,,\\n')\n"
        "    return name\n"
    )
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n',
        "build.py": build,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-1.0/{path}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))


def there(python: BasePython) -> PythonThere:
    return PythonThere(version=python.version, platform=PLATFORM)


def resolved(state: MachineState, *requirements: str, of: BasePython = OWN) -> Lock:
    return resolve(Environment(name="mine", requirements=requirements), there(of), SERVING, state)


def locked(state: MachineState, *requirements: str, of: BasePython = OWN) -> str:
    return resolved(state, *requirements, of=of).text


def installed(state: MachineState, into: Path, *requirements: str, of: BasePython = OWN) -> dict[str, Entry]:
    lock = resolved(state, *requirements, of=of)
    install(lock, there(of), into, state)
    return {entry.path: entry for entry in venv_entries(into, of, lock)}


def text_of(entry: Entry) -> str:
    assert entry.content is not None
    return b"".join(entry.content()).decode()


@pytest.mark.parametrize("version", ["3.6.15", "3.13.0"])
def test_packages_for_a_python_that_this_machine_need_not_have_lie_as_in_a_virtual_environment(
    state: MachineState, index: tuple[str, ...], tmp_path: Path, version: str
) -> None:
    found = installed(state, tmp_path / "prefix", *index, "alpha", of=python(version))
    minor = version[: version.rindex(".")]
    assert f"opt/shipway/venv/lib/python{minor}/site-packages/alpha.py" in found
    assert found["opt/shipway/venv/bin/python"].link == f"/usr/local/bin/python{minor}"
    assert text_of(found["opt/shipway/venv/pyvenv.cfg"]) == (
        f"home = /usr/local/bin\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    assert "alpha==2.0" in text_of(found["opt/shipway/requirements.lock"])


def test_programs_of_packages_run_the_images_python(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "gamma", "1.0", program="gamma-tool")
    found = installed(state, tmp_path / "prefix", *index, "gamma")
    tool = found["opt/shipway/venv/bin/gamma-tool"]
    assert text_of(tool).splitlines()[0] == "#!/opt/shipway/venv/bin/python"
    assert tool.mode == 0o755


def test_two_installations_are_equal_to_the_byte(state: MachineState, index: tuple[str, ...], tmp_path: Path) -> None:
    write_source(tmp_path / "wheels", "pure")
    one = installed(state, tmp_path / "one", *index, "beta", "pure")
    other = installed(state, tmp_path / "other", *index, "beta", "pure")
    assert {path: text_of(e) for path, e in one.items() if e.content} == {
        path: text_of(e) for path, e in other.items() if e.content
    }


def test_a_wheelhouse_can_be_named_by_the_environment_alone(
    state: MachineState, index: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    assert packages_in(locked(state, "beta")) == ["alpha==1.0", "beta==1.0", "httptools==1.0"]


def test_a_pure_package_without_a_wheel_is_built_here_and_told_as_it_is(
    state: MachineState, index: tuple[str, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_source(tmp_path / "wheels", "pure")
    with caplog.at_level("INFO", "shipway.image.packages.install"):
        found = installed(state, tmp_path / "prefix", *index, "pure")
    assert "installing 2 packages; built from source, having no wheel: pure" in caplog.messages
    assert text_of(found[f"opt/shipway/venv/lib/python{OWN.minor}/site-packages/pure.py"]) == "X = 1"


def test_a_package_that_is_compiled_here_for_libraries_of_every_image_is_taken(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_source(tmp_path / "wheels", "native", library="libm.so.6")
    found = installed(state, tmp_path / "prefix", *index, "native")
    assert f"opt/shipway/venv/lib/python{OWN.minor}/site-packages/_native.so" in found


def test_one_for_libraries_of_this_machine_is_refused_by_name(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_source(tmp_path / "wheels", "native", library="libhdf5.so.103")
    with pytest.raises(BuildError) as error:
        installed(state, tmp_path / "prefix", *index, "native")
    assert str(error.value) == (
        "native has no wheel for the image, and what was compiled here does not fit it (_native.so: it needs "
        "libhdf5.so.103); pin a version that has a wheel, or put a wheel of it where pip looks (--find-links)"
    )


def test_without_a_python_to_build_with_the_package_is_named(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_source(tmp_path / "wheels", "pure")
    with pytest.raises(BuildError) as error:
        locked(state, *index, "pure", of=python("3.77.0"))
    text = str(error.value)
    assert text.startswith(
        "pure would have to be built from source, and this machine has no Python 3.77 to build with: install one, such "
        "as with `uv python install 3.77`, or pin a version that has a wheel (environment 'mine' cannot be resolved"
    )
    assert "\n" not in text


def test_what_nothing_satisfies_is_refused_with_uvs_reason(state: MachineState, index: tuple[str, ...]) -> None:
    with pytest.raises(BuildError) as error:
        locked(state, *index, "beta", "alpha>=2")
    assert str(error.value).startswith(
        f"environment 'mine' cannot be resolved for Python {OWN.version} on {PLATFORM}: No solution found"
    )


def test_credentials_stay_out_of_what_may_be_shown(state: MachineState, index: tuple[str, ...]) -> None:
    requirements = (*index, "--extra-index-url https://ada:byron@index.example/simple", "alpha")
    packages = resolved(state, *requirements)
    assert "byron" not in packages.text
    assert "--extra-index-url https://index.example/simple" in packages.text
    assert "byron" in packages.private


def test_the_lock_is_what_a_plain_pip_takes(state: MachineState, index: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(locked(state, *index, "beta"))
    command = ["pip", "install", "--dry-run", "--require-hashes", "--target", str(tmp_path / "t")]
    run_uv([*command, "-r", str(tmp_path / "requirements.lock")], cwd=tmp_path, what="installing the lock")


def test_a_pre_release_is_taken_where_a_package_asks_for_one_or_there_is_nothing_else(
    state: MachineState, index: tuple[str, ...], tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "early", "1.0b1")
    write_wheel(tmp_path / "wheels", "carrier", "1.0", requires=("alpha==3.0rc1",))
    assert packages_in(locked(state, *index, "early", "alpha"))[:2] == ["alpha==2.0", "early==1.0b1"]
    assert packages_in(locked(state, *index, "carrier"))[0] == "alpha==3.0rc1"
