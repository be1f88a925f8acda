# ruff: noqa: E501 - tables of messages, a line each
import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.config.conda import load_conda, load_requirements
from shipway.domain.environment import Environment
from shipway.errors import ConfigError


def environment(*dependencies: object) -> Environment:
    return load_conda({"dependencies": list(dependencies)}).value


@pytest.mark.parametrize(
    ("entry", "requirement"),
    [
        ("numpy", "numpy"),
        ("numpy=1.23", "numpy==1.23.*"),
        ("numpy = 1.23", "numpy==1.23.*"),
        ("numpy=1.23.*", "numpy==1.23.*"),
        ("numpy=1.23*", "numpy==1.23.*"),
        ("numpy==1.23*", "numpy==1.23.*"),
        ("numpy>=1.20*,!=1.21*", "numpy>=1.20,!=1.21.*"),
        ("numpy==1.23.5", "numpy==1.23.5"),
        ("numpy=1.23.5=py38_0", "numpy==1.23.5"),
        ("numpy 1.23.5", "numpy==1.23.5"),
        ("numpy 1.23.5 py38_0", "numpy==1.23.5"),
        ("numpy>=1.20,<2", "numpy>=1.20,<2"),
        ("numpy >= 1.20", "numpy>=1.20"),
        ("conda-forge::fbprophet", "fbprophet"),
        ("pytorch::pytorch=1.11.0", "torch==1.11.0.*"),
        ("py-xgboost", "xgboost"),
        ("tensorflow-gpu=2.4", "tensorflow==2.4.*"),
        ("ruamel_yaml", "ruamel.yaml"),
        ("numpy==1.23.5=py38h_0", "numpy==1.23.5"),
        ("pytorch=1.11.0=py3.8_cuda11.3*", "torch==1.11.0"),
        ("numpy=1.19.*=py36*", "numpy==1.19.*"),
        ("numpy=*", "numpy"),
        ("numpy=*=*openblas*", "numpy"),
        ("numpy=1.19,!=1.19.3", "numpy==1.19.*,!=1.19.3"),
        ("numpy>1.11.*", "numpy>1.11"),
        ("numpy[version='>=1.19,<2']", "numpy>=1.19,<2"),
        ("conda-forge::numpy[version=1.19,build=py36_0]", "numpy==1.19.*"),
        ("https://conda.example.org/main::numpy=1.19", "numpy==1.19.*"),
        ("scikit-learn={{ version }}", "scikit-learn"),
        ("sklearn=0.22", "scikit-learn==0.22.*"),
    ],
)
def test_a_conda_package_becomes_a_pip_requirement(entry: str, requirement: str) -> None:
    assert environment(entry).requirements == (requirement,)


@pytest.mark.parametrize(
    ("entry", "python"),
    [
        ("python=3.6.2", "3.6.2"),
        ("python==3.8", "3.8"),
        ("python=3.8.*", "3.8"),
        ("python=3.8*", "3.8"),
        ("python>=3.6*", ">=3.6"),
        ("python>=3.7,<3.9", ">=3.7,<3.9"),
        ("python", None),
        ("python=3.6.2=h02fb82a_12", "3.6.2"),
        ("python=3.8.*=*_cpython", "3.8"),
        ("python 3.7", "3.7"),
        ("python=3", ">=3"),
        ("defaults::python=3.7", "3.7"),
    ],
)
def test_the_python_pin_is_taken_out(entry: str, python: str | None) -> None:
    found = environment(entry)
    assert found.python == python
    assert found.requirements == ()


def test_without_a_python_there_is_none() -> None:
    assert environment("numpy").python is None


def test_pip_lists_are_merged_wherever_they_stand() -> None:
    found = environment({"pip": ["a==1"]}, "numpy=1.23", {"pip": ["b[x]>=2", "a==1"]})
    assert found.requirements == ("a==1", "numpy==1.23.*", "b[x]>=2")


def test_what_carried_microsofts_server_is_left_out() -> None:
    pins = ["azureml-defaults>=1.0.45", "azureml_defaults", "azureml-monitoring==0.1.0a21", "gunicorn==19.9.0", "numpy"]
    assert environment("azureml-defaults", {"pip": pins}).requirements == ("numpy",)


def test_what_wheels_bring_is_left_out_and_what_only_conda_has_is_kept_apart() -> None:
    found = environment("mkl", "pip=20", "_libgcc_mutex=0.1=main", "conda-forge::gdal=3.4", "r-base", "numpy")
    assert found.requirements == ("numpy",)
    assert found.conda_packages == ("conda-forge::gdal=3.4", "r-base")


def test_what_is_left_out_by_its_name_alone_is_said() -> None:
    entries = ["cudatoolkit=10.0", "libpng=1.6=h1", "vs2015_runtime=14", "m2w64-gmp=6", "librosa=0.8"]
    loaded = load_conda({"dependencies": [*entries, "tensorflow-gpu=1.15"]})
    assert loaded.value.requirements == ("librosa==0.8.*", "tensorflow==1.15.*")
    assert loaded.value.conda_packages == ()
    assert loaded.warnings == (
        "conda dependencies: dependencies/5: 'tensorflow-gpu=1.15' had its CUDA from conda; taken as tensorflow==1.15.*, the CPU build",
        "conda dependencies: dependencies: left out: cudatoolkit: conda's CUDA is not installed; wheels bring their own, or run on the CPU",
        "conda dependencies: dependencies: left out: libpng, vs2015-runtime, m2w64-gmp: wheels bring such libraries, or only Windows has them",
    )


def test_index_options_stay_and_comments_go() -> None:
    options = ["--extra-index-url https://example.org/simple", "a==1 # why", "# nothing"]
    assert environment({"pip": options}).requirements == ("--extra-index-url https://example.org/simple", "a==1")


def test_a_requirements_file_is_read_beside_the_conda_file(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("a==1\n\n# x\nazureml-defaults\nb\n")
    (tmp_path / "env.yml").write_text("name: mine\ndependencies:\n- pip:\n  - -r more.txt\n")
    found = load_conda(tmp_path / "env.yml").value
    assert (found.name, found.requirements) == ("mine", ("a==1", "b"))


def test_a_requirements_file_includes_others_beside_it_but_never_itself(tmp_path: Path) -> None:
    (tmp_path / "reqs").mkdir()
    (tmp_path / "reqs" / "one.txt").write_text("a\n-r two.txt\n")
    (tmp_path / "reqs" / "two.txt").write_text("b\n")
    (tmp_path / "env.yml").write_text("dependencies:\n- pip:\n  - -r reqs/one.txt\n")
    assert load_conda(tmp_path / "env.yml").value.requirements == ("a", "b")
    (tmp_path / "reqs" / "two.txt").write_text("-r one.txt\n")
    with pytest.raises(ConfigError) as error:
        load_conda(tmp_path / "env.yml")
    assert str(error.value) == (
        f"{tmp_path}/reqs/two.txt:1: {tmp_path}/reqs/one.txt includes itself; take that line out"
    )


def test_flaws_that_v1_lived_with_are_mended_with_a_warning() -> None:
    loaded = load_conda(
        {"dependencies": [{"pip": ["tensorflow=1.12", "azureml-core=={{latest}}"], "conda": ["x"]}], "chanels": []}
    )
    assert loaded.value.requirements == ("tensorflow==1.12", "azureml-core")
    assert loaded.warnings == (
        "conda dependencies: chanels: ignored: unknown key, did you mean channels?",
        "conda dependencies: dependencies/0/conda: ignored: only pip may have a list of its own",
        "conda dependencies: dependencies/0/pip/0: 'tensorflow=1.12' has a single '='; taken as '=='",
        "conda dependencies: dependencies/0/pip/1: 'azureml-core=={{latest}}' is a template that nobody filled in; taken without a version",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_as_windows_saves_it_is_read(tmp_path: Path, encoding: str) -> None:
    """conda's own export there, through PowerShell."""
    text = "name: e\r\nchannels:\r\n- defaults\r\ndependencies:\r\n- numpy=1.19.2=py36h1\r\n- pip:\r\n  - a==1\r\nprefix: C:\\Users\\me\\envs\\e\r\n"
    (tmp_path / "env.yml").write_bytes(text.encode(encoding))
    loaded = load_conda(tmp_path / "env.yml")
    assert loaded.value == Environment(name="e", requirements=("numpy==1.19.2", "a==1"), channels=("defaults",))
    assert loaded.warnings == ()


def test_channels_are_kept_in_their_order() -> None:
    given = {"channels": ["conda-forge", "pytorch", "conda-forge"], "dependencies": []}
    assert load_conda(given).value.channels == ("conda-forge", "pytorch")
    assert load_conda({"channels": "conda-forge"}).value.channels == ("conda-forge",)
    with pytest.raises(ConfigError, match=r"channels: must be a list of names, such as conda-forge$"):
        load_conda({"channels": [{"a": 1}]})


def test_what_microsofts_server_was_asked_for_with_is_kept_aside() -> None:
    found = environment("gunicorn=19.9", {"pip": ["azureml-defaults[async]>=1.0.45", "azureml_monitoring==0.1.0a21"]})
    assert found.served == ("gunicorn==19.9.*", "azureml-defaults[async]>=1.0.45", "azureml_monitoring==0.1.0a21")
    assert found.requirements == ()


def test_pip_holds_its_pin_against_condas_as_it_did_when_it_was_installed_last() -> None:
    loaded = load_conda({"dependencies": [{"pip": ["scipy==1.6"]}, "scipy=1.5", "numpy=1.19", {"pip": ["numpy==1.20.1"]}]})  # fmt: skip
    assert loaded.value.requirements == ("scipy==1.6", "numpy==1.20.1")
    assert loaded.warnings == (
        "conda dependencies: dependencies/1: 'scipy=1.5' gives way to pip's 'scipy==1.6', as it did in v1",
        "conda dependencies: dependencies/2: 'numpy=1.19' gives way to pip's 'numpy==1.20.1', as it did in v1",
    )


def test_pins_that_agree_stay() -> None:
    found = environment("numpy=1.19", "python=3.6", "python=3.6.2", {"pip": ["numpy==1.19.5", "numpy==1.19.5.0", "numpy>=1"]})  # fmt: skip
    assert found.requirements == ("numpy==1.19.*", "numpy==1.19.5", "numpy==1.19.5.0", "numpy>=1")
    assert found.python == "3.6.2"
    assert environment("python=3.6.2", "python=3.6").python == "3.6.2"
    assert environment("python>=3.6", "python=3.7").python == "3.7"


@pytest.mark.parametrize(
    ("line", "taken", "warning"),
    [
        ("tensorflow=1.12=gpu", "tensorflow==1.12", "has a single '='; taken as '=='"),
        ("numpy 1.19.5", "numpy==1.19.5", "has no '=='; taken as if it had"),
        ("sklearn", "scikit-learn", "is what one imports; the package is scikit-learn, which is taken"),
        ("sklearn==0.0", "scikit-learn", "is what one imports; the package is scikit-learn, which is taken"),
        ("certifi @ file:///opt/conda/conda-bld/certifi_16/work", "certifi", "lies on the machine that wrote this; taken without a version"),
        ("azureml-core=={{latest-pypi-version}}", "azureml-core", "is a template that nobody filled in; taken without a version"),
        ("--trusted-host pypi.example.org", None, "is not honoured: give that host a certificate that this machine trusts, or set UV_INSECURE_HOST"),
        ("--pre", None, "is not honoured: pin the pre-release that is meant"),
        ("--upgrade", None, "is not honoured"),
    ],
)  # fmt: skip
def test_a_line_of_pip_that_others_lived_with_is_taken_as_it_was_meant(
    line: str, taken: str | None, warning: str
) -> None:
    loaded = load_conda({"dependencies": [{"pip": [line]}]})
    assert loaded.value.requirements == ((taken,) if taken else ())
    assert loaded.warnings == (f"conda dependencies: dependencies/0/pip/0: {line!r} {warning}",)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "-i https://example.org/simple",
        "-f https://example.org/wheels.html",
        "--no-binary=:all:",
        "numpy==1.19.5 --hash=sha256:abc",
        "inference-schema[numpy-support]>=1.0",
        "git+https://example.org/x.git@v1#egg=x",
        "https://example.org/x-1.0-py3-none-any.whl",
        "pandas ; python_version < '3.8'",
    ],
)
def test_what_pip_understands_stays_as_it_is(line: str) -> None:
    loaded = load_conda({"dependencies": [{"pip": [line]}]})
    assert (loaded.value.requirements, loaded.warnings) == ((line,), ())


@pytest.mark.parametrize("option", ["-e ", "--editable ", "--editable="])
def test_what_pip_would_check_out_to_be_edited_is_taken_as_it_is(option: str) -> None:
    found = load_conda({"dependencies": [{"pip": [f"{option}git+https://example.org/x.git#egg=x"]}]})
    assert (found.value.requirements, found.warnings) == (("git+https://example.org/x.git#egg=x",), ())


def test_options_behind_a_requirement_are_told_and_taken_off(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("a==1 \\\n  --hash=sha256:abc \\\n  --hash=sha256:def\n\nb = 2\n")
    (tmp_path / "env.yml").write_text("dependencies:\n- pip:\n  - -r more.txt --no-deps\n")
    loaded = load_conda(tmp_path / "env.yml")
    assert [line.split() for line in loaded.value.requirements] == [
        ["a==1", "--hash=sha256:abc", "--hash=sha256:def"],
        ["b==2"],
    ]
    assert loaded.warnings == (
        f"{tmp_path}/env.yml:3: dependencies/0/pip/0: '--no-deps' is not honoured: what a package needs is installed with it",
        f"{tmp_path}/more.txt:5: 'b = 2' has a single '='; taken as '=='",
    )


def test_a_pin_of_python_in_a_pip_list_is_one() -> None:
    loaded = load_conda({"dependencies": [{"pip": ["python==3.7.4"]}]})
    assert (loaded.value.python, loaded.value.requirements) == ("3.7.4", ())
    assert loaded.warnings == (
        "conda dependencies: dependencies/0/pip/0: 'python==3.7.4' is no package of pip's; taken as the pin of Python",
    )


def test_a_requirements_file_is_an_environment_by_itself(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# mine\nnumpy==1.19.5\nazureml-defaults==1.36.0\n-r more.txt\n")
    (tmp_path / "more.txt").write_text("scipy\n")
    loaded = load_requirements(tmp_path / "requirements.txt", name="mine")
    assert loaded.value == Environment(
        name="mine",
        requirements=("numpy==1.19.5", "scipy"),
        served=("azureml-defaults==1.36.0",),
        variables={"SHIPWAY_PROFILE": "legacy"},
    )


def test_variables_arrive_as_text() -> None:
    assert load_conda({"variables": {"A": 1, "B": None, "C": "x"}}).value.variables == {"A": "1", "C": "x"}


@pytest.mark.parametrize(
    ("dependency", "message"),
    [
        ("numpy=1.20|1.21", "dependencies/0: 'numpy=1.20|1.21' cannot be written as a pip requirement; name it in the pip list instead"),
        (3, "dependencies/0: must be a package, such as numpy=1.23, not 3"),
        ({"pip": ["-e ."]}, "dependencies/0/pip/0: '-e .' is a folder of this machine; publish the package or put it into the source directory"),
        ({"pip": [{"a": 1}]}, "dependencies/0/pip/0: must be a pip requirement, not {'a': 1}"),
        ({"pip": ["-r https://example.org/r.txt"]}, "dependencies/0/pip/0: '-r https://example.org/r.txt' needs the network to be read; put its lines into the pip list"),
        ({"pip": ["-r nothing.txt"]}, "dependencies/0/pip/0: nothing.txt: no such file"),
        ({"pip": "numpy"}, "dependencies/0/pip: must be a list"),
        ({"numpy": "1.19"}, "dependencies/0/numpy: is no package: write numpy=1.19 in its place"),
        ({"pip": ["-f ./wheels"]}, "dependencies/0/pip/0: '-f ./wheels' is a folder of this machine; publish the package or put it into the source directory"),
        ({"pip": ["dist/mine-1.0.whl"]}, "dependencies/0/pip/0: 'dist/mine-1.0.whl' is a folder of this machine; publish the package or put it into the source directory"),
        ({"pip": [r"C:\mine"]}, r"dependencies/0/pip/0: 'C:\\mine' is a folder of this machine; publish the package or put it into the source directory"),
        ({"pip": ["-c bounds.txt"]}, "dependencies/0/pip/0: '-c bounds.txt': constraints are not read; write the bounds behind the packages themselves"),
        ({"pip": ["numpy==1.19", "numpy==1.20"]}, "dependencies/0/pip/1: 'numpy==1.20' contradicts 'numpy==1.19' further up; keep one of them"),
    ],
)  # fmt: skip
def test_what_cannot_be_translated_is_refused_by_name(dependency: object, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        environment(dependency)
    assert str(error.value) == f"conda dependencies: {message}"


@pytest.mark.parametrize(
    ("first", "second"),
    [("python=3.6.2", "python=3.7"), ("numpy=1.19.2=py36_0", "numpy=1.20"), ("numpy==1", "NumPy==2")],
)
def test_two_pins_that_contradict_are_both_named_with_their_line(tmp_path: Path, first: str, second: str) -> None:
    path = tmp_path / "env.yml"
    path.write_text(f"dependencies:\n- {first}\n- scipy\n- {second}\n")
    with pytest.raises(ConfigError) as error:
        load_conda(path)
    assert str(error.value) == (
        f"{path}:4: dependencies/2: {second!r} contradicts {first!r} further up; keep one of them"
    )


def test_a_file_that_is_no_conda_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "env.yml"
    path.write_text("just words\n")
    with pytest.raises(
        ConfigError, match="a conda file holds keys and values, such as `dependencies:` with a list below it"
    ):
        load_conda(path)


@given(st.text(max_size=30))
def test_no_entry_brings_anything_but_a_config_error(entry: str) -> None:
    with contextlib.suppress(ConfigError):
        environment(entry, {"pip": [entry]})
