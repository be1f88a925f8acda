"""v1's builder of conda files: what scripts do with it, and the file that comes out."""

from pathlib import Path

import pytest
import yaml

from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.exceptions import UserErrorException


def content(made: CondaDependencies) -> object:
    return yaml.safe_load(made.serialize_to_string())


def test_one_begins_with_azureml_defaults_and_no_python_where_no_day_is_known() -> None:
    assert content(CondaDependencies()) == {
        "name": "project_environment",
        "dependencies": [{"pip": ["azureml-defaults"]}],
        "channels": ["anaconda", "conda-forge"],
    }


@pytest.mark.parametrize(
    ("day", "python"), [("2021-03-01", "3.6.2"), ("2022-06-01", "3.8.13"), ("2025-01-01", "3.9.12")]
)
def test_one_begins_with_v1s_python_of_the_assets_day(day: str, python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_AS_OF", day)
    assert CondaDependencies().get_python_version() == python
    assert CondaDependencies.create(python_version="3.7").get_python_version() == "3.7"


def test_a_day_that_is_none_is_refused_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_AS_OF", "last year")
    with pytest.raises(UserErrorException, match="SHIPWAY_AS_OF: 'last year' is no day; write it as 2021-03-01"):
        CondaDependencies()


def test_create_takes_the_packages_it_is_given_instead_of_azureml_defaults() -> None:
    made = CondaDependencies.create(
        pip_packages=["numpy==1.19.5", "inference-schema[numpy-support]"], conda_packages=["scikit-learn=0.22"]
    )
    assert list(made.pip_packages) == ["numpy==1.19.5", "inference-schema[numpy-support]"]
    assert list(made.conda_packages) == ["scikit-learn=0.22"]


def test_adding_a_package_takes_the_place_of_another_version_of_it() -> None:
    made = CondaDependencies()
    made.add_pip_package("inference_schema[numpy-support]==1.0")
    made.add_pip_package("Inference-Schema==1.1")
    made.add_conda_package("python=3.7")
    made.add_conda_package("python=3.8.5")
    made.add_conda_package("pip")
    assert list(made.pip_packages) == ["azureml-defaults", "Inference-Schema==1.1"]
    assert list(made.conda_packages) == ["python=3.8.5", "pip"]
    made.remove_pip_package("azureml-defaults==1.0.45")
    made.remove_conda_package("pip")
    assert list(made.pip_packages) == ["Inference-Schema==1.1"]
    assert list(made.conda_packages) == ["python=3.8.5"]


def test_options_stand_beside_packages_and_are_no_packages() -> None:
    made = CondaDependencies.create(pip_indexurl="https://index.example/simple", pip_packages=["a"])
    made.set_pip_option("--extra-index-url https://one.example")
    made.set_pip_option("--extra-index-url https://two.example")
    assert list(made.pip_options) == [
        "--index-url https://index.example/simple",
        "--extra-index-url https://two.example",
    ]
    assert list(made.pip_packages) == ["a"]
    with pytest.raises(UserErrorException, match="'--pre' is an option, not a package"):
        made.add_pip_package("--pre")


def test_a_requirements_files_lines_replace_all() -> None:
    made = CondaDependencies()
    made.set_pip_requirements(["# pinned", "", "numpy==1.19.5  ", "pandas"])
    assert list(made.pip_packages) == ["numpy==1.19.5", "pandas"]


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    made = CondaDependencies.create(conda_packages=["gdal"], pip_packages=["numpy"], python_version="3.6.2")
    made.add_channel("pytorch")
    assert made.save_to_file(tmp_path, "myenv.yml") == "myenv.yml"
    read = CondaDependencies(conda_dependencies_file_path=tmp_path / "myenv.yml")
    assert read.as_dict() == made.as_dict()
    assert list(read.conda_channels) == ["anaconda", "conda-forge", "pytorch"]
    assert read._conda_dependencies["dependencies"][0] == "python=3.6.2"


def test_a_file_in_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "myenv.yml"
    path.write_bytes("dependencies:\r\n- python=3.6\r\n- pip:\r\n  - numpy\r\n".encode("utf-16"))
    read = CondaDependencies(path)
    assert (read.get_python_version(), list(read.pip_packages)) == ("3.6", ["numpy"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- numpy\n", "myenv.yml: is no conda file: it begins with `dependencies:` or `name:`"),
        (
            "dependency: []\n",
            "myenv.yml: dependency: unknown key; known are name, channels, dependencies, prefix, vari",
        ),
        ("a: [\n", "myenv.yml:2: not valid YAML"),
    ],
)
def test_what_is_no_conda_file_is_refused_by_its_path(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "myenv.yml").write_text(text)
    with pytest.raises(UserErrorException) as refused:
        CondaDependencies(tmp_path / "myenv.yml")
    assert refused.value.message.startswith(f"{tmp_path}/{said}")


def test_a_file_that_is_not_there_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(UserErrorException, match=r"absent\.yml: no such file"):
        CondaDependencies(tmp_path / "absent.yml")


def test_requirements_of_one_name_are_merged() -> None:
    assert CondaDependencies.merge_requirements(["numpy>=1.16", "pandas", "numpy<1.20"]) == [
        "numpy>=1.16,<1.20",
        "pandas",
    ]


@pytest.mark.parametrize(
    ("added", "version"), [("python=3.6.2", "3.6.2"), ("python>=3.6", "3.6"), ("python 3.8", "3.8"), ("python", None)]
)
def test_python_among_condas_packages_stands_as_it_was_given(added: str, version: str | None) -> None:
    made = CondaDependencies.create(python_version="3.7")
    made.add_conda_package(added)
    assert list(made.conda_packages) == [added]
    assert made.get_python_version() == version
