# ruff: noqa: E501 - tables of messages, a line each
import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.config.conda import load_conda
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
        ("python>=3.7,<3.9", ">=3.7,<3.9"),
        ("python", None),
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
    found = environment("mkl", "pip=20", "_libgcc_mutex=0.1=main", "cudatoolkit=10.0", "r-base", "numpy")
    assert found.requirements == ("numpy",)
    assert found.conda_packages == ("cudatoolkit=10.0", "r-base")


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
        f"{tmp_path}/env.yml:3: dependencies/0/pip/0: {tmp_path}/reqs/one.txt includes itself; take that line out"
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


def test_a_file_as_windows_saves_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "env.yml").write_bytes(
        "name: e\r\nchannels:\r\n- defaults\r\ndependencies:\r\n- numpy\r\n".encode("utf-16")
    )
    assert load_conda(tmp_path / "env.yml").value.requirements == ("numpy",)


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
    ],
)  # fmt: skip
def test_what_cannot_be_translated_is_refused_by_name(dependency: object, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        environment(dependency)
    assert str(error.value) == f"conda dependencies: {message}"


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
