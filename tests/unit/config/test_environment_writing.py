import json
from pathlib import Path

import pytest

from shipway.config.conda import load_conda
from shipway.config.documents import parse_document
from shipway.config.environment import load_environment, load_environment_folder
from shipway.config.environment_writing import (
    conda_document,
    conda_text,
    environment_document,
    write_environment_folder,
)
from shipway.domain.environment import AuthorsBase, Environment
from shipway.errors import ConfigError

ENVIRONMENTS = [
    Environment(name="least"),
    Environment(
        name="most",
        python="3.6.2",
        requirements=("numpy==1.19.*", "--extra-index-url https://example.org/simple", "a[b]>=1,<2", "scipy"),
        conda_packages=("conda-forge::gdal=3.4", "openjdk=8"),
        channels=("conda-forge", "defaults"),
        served=("azureml-defaults==1.30.0", "gunicorn==19.9"),
        variables={"A": "1", "SHIPWAY_PROFILE": "legacy"},
        base=AuthorsBase(
            image="team/base:1", registry="registry.example", gpu=True, platform="linux/arm64", shm_bytes=2048
        ),
    ),
    Environment(name="bounds", python=">=3.7,<3.9", base=AuthorsBase(dockerfile="FROM debian\nRUN touch /ä\n")),
    Environment(name="own", user_managed=True, interpreter="/opt/python", base=AuthorsBase(image="mine:1")),
    Environment(name="profile", served=("azureml-defaults",), variables={"SHIPWAY_PROFILE": "modern"}),
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_an_environment_written_as_v1_had_it_reads_as_the_same(environment: Environment, tmp_path: Path) -> None:
    document = environment_document(environment)
    through_json = load_environment(json.loads(json.dumps(document)))
    assert (through_json.value.environment, through_json.warnings) == (environment, ())
    write_environment_folder(document, tmp_path / "folder")
    from_folder = load_environment_folder(tmp_path / "folder")
    assert (from_folder.value.environment, from_folder.warnings) == (environment, ())


def test_a_conda_file_written_reads_as_the_same() -> None:
    environment = ENVIRONMENTS[1]
    loaded = load_conda(parse_document(conda_text(conda_document(environment)), "written.yml"))
    expected = Environment(
        name="most",
        python=environment.python,
        requirements=environment.requirements,
        conda_packages=environment.conda_packages,
        channels=environment.channels,
        served=environment.served,
        variables={"SHIPWAY_PROFILE": "legacy"},
    )
    assert (loaded.value, loaded.warnings) == (expected, ())


def test_what_follows_from_a_pin_is_not_written_beside_it() -> None:
    assert environment_document(ENVIRONMENTS[1])["environmentVariables"] == {"A": "1"}


def test_steps_on_an_image_become_a_dockerfile() -> None:
    base = AuthorsBase(image="team/base:1", steps="RUN touch /x\n")
    docker = environment_document(Environment(name="mine", base=base))["docker"]
    assert (docker["baseImage"], docker["baseDockerfile"]) == (None, "FROM team/base:1\nRUN touch /x\n")
    with pytest.raises(ConfigError, match="extra Docker steps stand on no base image"):
        environment_document(Environment(name="mine", base=AuthorsBase(steps="RUN touch /x\n")))


def test_no_login_is_written_and_the_folder_reads_again(tmp_path: Path) -> None:
    registry = {"address": "registry.example", "username": "ada", "password": "hunter2"}
    files = write_environment_folder({"name": "mine", "docker": {"baseImageRegistry": registry}}, tmp_path)
    assert [path.name for path in files] == ["azureml_environment.json", "conda_dependencies.yml", "BaseDockerfile"]
    assert not any("hunter2" in path.read_text() or "ada" in path.read_text() for path in files)
    assert load_environment_folder(tmp_path).value.environment.base == AuthorsBase(registry="registry.example")


def test_files_that_are_there_stay_unless_overwritten(tmp_path: Path) -> None:
    (tmp_path / "BaseDockerfile").write_text("mine")
    with pytest.raises(ConfigError) as error:
        write_environment_folder({"name": "mine"}, tmp_path)
    assert str(error.value) == f"{tmp_path}/BaseDockerfile: is there already; give another folder, or --overwrite"
    assert [path.name for path in tmp_path.iterdir()] == ["BaseDockerfile"]
    write_environment_folder({"name": "mine"}, tmp_path, overwrite=True)
    assert len(list(tmp_path.iterdir())) == 3
