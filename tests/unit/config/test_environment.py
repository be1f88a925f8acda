# ruff: noqa: E501 - tables of messages, a line each
from pathlib import Path
from typing import Any

import pytest

from shipway.config.environment import Declared, load_environment, load_environment_folder
from shipway.domain.environment import AuthorsBase, Environment
from shipway.domain.secret import Secret
from shipway.errors import ConfigError


def declared(**keys: Any) -> Declared:
    return load_environment(keys).value


def warnings(**keys: Any) -> list[str]:
    return [line.removeprefix("environment: ") for line in load_environment(keys).warnings]


def refusal(**keys: Any) -> str:
    with pytest.raises(ConfigError) as error:
        load_environment(keys)
    return str(error.value).removeprefix("environment: ")


DEFAULT_2020 = {
    "name": "mine",
    "version": "3",
    "environmentVariables": {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
    "python": {"userManagedDependencies": False, "interpreterPath": "python", "condaDependenciesFile": None, "baseCondaEnvironment": None, "condaDependencies": {"name": "project_environment", "channels": ["conda-forge"], "dependencies": ["python=3.6.2", {"pip": ["azureml-defaults"]}]}},
    "docker": {"enabled": False, "baseImage": "azureml/base:intelmpi2018.3-ubuntu16.04", "baseDockerfile": None, "sharedVolumes": True, "shmSize": "2g", "arguments": [], "baseImageRegistry": {"address": None, "username": None, "password": None}, "platform": {"os": "Linux", "architecture": "amd64"}},
    "spark": {"repositories": [], "packages": [], "precachePackages": True},
    "databricks": {"mavenLibraries": [], "pypiLibraries": [], "rcranLibraries": [], "jarLibraries": [], "eggLibraries": []},
    "r": None,
    "inferencingStackVersion": None,
    "assetId": "azureml://x",
}  # fmt: skip


def test_an_environment_as_the_sdk_writes_it_is_read_without_a_word() -> None:
    loaded = load_environment(DEFAULT_2020)
    assert loaded.warnings == ()
    assert loaded.value == Declared(
        environment=Environment(
            name="mine",
            python="3.6.2",
            channels=("conda-forge",),
            served=("azureml-defaults",),
            variables={"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
            base=AuthorsBase(image="azureml/base:intelmpi2018.3-ubuntu16.04", shm_bytes=2 * 1024**3),
        )
    )


def test_the_image_below_is_read_with_its_login_apart() -> None:
    registry = {"address": "registry.example", "username": "ada", "password": "hunter2"}
    docker = {"baseImage": "team/base:1", "baseImageRegistry": registry, "gpuSupport": True, "platform": {"os": "linux", "architecture": "arm64"}}  # fmt: skip
    found = declared(docker=docker)
    assert found.environment.base == AuthorsBase(
        image="team/base:1", registry="registry.example", username="ada", gpu=True, platform="linux/arm64"
    )
    assert found.login == Secret("hunter2")


@pytest.mark.parametrize(
    ("size", "count"), [("2g", 2 * 1024**3), ("512M", 512 * 1024**2), ("64mb", 64 * 1024**2), ("1.5g", 3 * 1024**3 // 2), (4096, 4096), ("", None)]
)  # fmt: skip
def test_the_size_of_shared_memory_is_in_bytes(size: object, count: int | None) -> None:
    assert declared(docker={"shmSize": size}).environment.base.shm_bytes == count


def test_a_dockerfile_is_text_or_the_path_of_one(tmp_path: Path) -> None:
    text = "FROM debian\nRUN touch /x\n"
    assert declared(docker={"baseDockerfile": text}).environment.base.dockerfile == text
    assert declared(docker={"baseDockerfile": "FROM debian"}).environment.base.dockerfile == "FROM debian"
    (tmp_path / "Dockerfile").write_text(text)
    loaded = load_environment({"docker": {"baseDockerfile": "Dockerfile"}}, roots=(tmp_path,))
    assert loaded.value.environment.base.dockerfile == text


def test_a_user_managed_environment_has_what_its_image_has() -> None:
    python = {"userManagedDependencies": True, "interpreterPath": "/opt/python/bin/python", "condaDependencies": {"dependencies": ["python=3.6.2", "numpy", {"pip": ["azureml-defaults==1.30.0"]}]}}  # fmt: skip
    loaded = load_environment({"name": "mine", "python": python, "docker": {"baseImage": "mine:1"}})
    assert loaded.value.environment == Environment(
        name="mine",
        served=("azureml-defaults==1.30.0",),
        variables={"SHIPWAY_PROFILE": "legacy"},
        base=AuthorsBase(image="mine:1"),
        user_managed=True,
        interpreter="/opt/python/bin/python",
    )
    assert loaded.warnings == (
        "environment: python/userManagedDependencies: true: the packages of the conda dependencies are not installed, as in v1; the image has what is needed",
    )


@pytest.mark.parametrize(
    ("keys", "warning"),
    [
        ({"python": {"baseCondaEnvironment": "base"}}, "python/baseCondaEnvironment: not used: the packages are installed for a Python of their own, or userManagedDependencies is true"),
        ({"python": {"interpreterPath": "/x/python"}}, "python/interpreterPath: not used: it counts with userManagedDependencies: true only"),
        ({"python": {"condaDependencies": {}, "condaDependenciesFile": "x.yml"}}, "python/condaDependenciesFile: not used: condaDependencies says it all"),
        ({"inferencingStackVersion": "20210101"}, "inferencingStackVersion: '20210101' is not used: the scoring server is Shipway's"),
        ({"spark": {"packages": [{"group": "g", "artifact": "a", "version": "1"}]}}, "spark/packages: not installed: name them in spark.jars.packages of the session"),
        ({"r": {"rVersion": "3.5.2"}}, "r: not used: it has no meaning for a service"),
        ({"docker": {"arguments": ["-v", "/x:/x"]}}, "docker/arguments: not used: v1 gave them to training only"),
        ({"docker": {"baseImageRegistry": {"address": "r.example", "registryIdentity": {"a": 1}}}}, "docker/baseImageRegistry/registryIdentity: not used: give address, username and password, or log in"),
        ({"docker": {"baseimage": "x"}}, "docker/baseimage: ignored: unknown key, did you mean baseImage?"),
    ],
)  # fmt: skip
def test_what_is_not_used_is_said(keys: dict[str, Any], warning: str) -> None:
    assert warnings(**keys) == [warning]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"docker": {"baseImage": "a", "baseDockerfile": "FROM b"}}, "docker/baseDockerfile: cannot stand beside baseImage; begin the Dockerfile with FROM and leave baseImage out"),
        ({"docker": {"buildContext": {"location": "x"}}}, "docker/buildContext: is not read; write the Dockerfile's text into baseDockerfile, without COPY or ADD"),
        ({"docker": {"shmSize": "much"}}, "docker/shmSize: must be a size such as 2g or 512m, not 'much'"),
        ({"docker": {"shmSize": "0g"}}, "docker/shmSize: must be a size such as 2g or 512m, not '0g'"),
        ({"docker": {"platform": {"os": "Windows"}}}, "docker/platform/os: must be Linux, not 'Windows'"),
        ({"docker": {"baseImageRegistry": {"address": "r.example", "password": "hunter2"}}}, "docker/baseImageRegistry: username is missing; a private registry needs address, username and password"),
        ({"environmentVariables": {"A": {}}}, "environmentVariables/A: must be a valid string, not ***"),
        ({"python": {"userManagedDependencies": "False"}}, "python/userManagedDependencies: 'False' is text, which v1 took for true; write true or false without quotes"),
        ({"python": {"condaDependencies": {"dependencies": "numpy"}}}, "python/condaDependencies/dependencies: must be a list"),
        ({"docker": {"baseImageRegistry": {"password": 1234}}}, "docker/baseImageRegistry/password: must be text, not ***: put quotes around it"),
        ({"name": 3}, "name: must be text, not 3: put quotes around it"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_key(keys: dict[str, Any], message: str) -> None:
    assert refusal(**keys) == message


def test_a_folder_is_its_three_files_together(tmp_path: Path) -> None:
    (tmp_path / "azureml_environment.json").write_text(
        '{"name": "mine", "docker": {"baseImage": "x", "shmSize": "1k"}}'
    )
    (tmp_path / "conda_dependencies.yml").write_text("dependencies: [scipy]\n")
    (tmp_path / "BaseDockerfile").write_text("FROM debian\n")
    assert load_environment_folder(tmp_path).value.environment == Environment(
        name="mine", requirements=("scipy",), base=AuthorsBase(dockerfile="FROM debian\n", shm_bytes=1024)
    )


def test_a_dockerfile_of_comments_alone_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "azureml_environment.json").write_text('{"name": "mine", "docker": {"baseImage": "x"}}')
    (tmp_path / "BaseDockerfile").write_text("# nothing yet\n\n")
    assert load_environment_folder(tmp_path).value.environment.base == AuthorsBase(image="x")


def test_a_folder_without_a_definition_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"azureml_environment\.json: no such file$"):
        load_environment_folder(tmp_path)


def test_a_fault_in_the_conda_file_of_a_folder_has_that_files_line(tmp_path: Path) -> None:
    (tmp_path / "azureml_environment.json").write_text('{"name": "mine"}')
    (tmp_path / "conda_dependencies.yml").write_text("dependencies:\n- numpy\n- 3\n")
    with pytest.raises(ConfigError) as error:
        load_environment_folder(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}/conda_dependencies.yml:3: dependencies/1: must be a package, such as numpy=1.23, not 3"
    )
