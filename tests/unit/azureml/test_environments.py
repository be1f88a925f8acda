"""v1's Environment object: what scripts set, and the JSON that comes out (10.1)."""

import json
from pathlib import Path

import pytest

from shipway.azureml.conda_dependencies import CondaDependencies
from shipway.azureml.container_registry import ContainerRegistry
from shipway.azureml.environment import DEFAULT_CPU_IMAGE, Environment
from shipway.azureml.exceptions import UserErrorException


def test_settings_made_one_by_one_are_in_the_document() -> None:
    made = Environment(name="project_environment")
    assert made.python.conda_dependencies is not None
    made.python.conda_dependencies.add_pip_package("numpy")
    made.environment_variables["MESSAGE"] = "hello"
    made.docker.base_image = DEFAULT_CPU_IMAGE
    made.docker.enabled = True
    made.docker.base_image_registry.address = "registry.example"
    made.inferencing_stack_version = "latest"
    document = made.as_document()
    assert document["name"] == "project_environment"
    assert document["inferencingStackVersion"] == "latest"
    assert document["environmentVariables"] == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE", "MESSAGE": "hello"}
    assert document["python"]["condaDependencies"]["dependencies"] == [{"pip": ["azureml-defaults", "numpy"]}]
    assert document["docker"]["baseImage"] == "azureml/openmpi4.1.0-ubuntu20.04"
    assert document["docker"]["baseImageRegistry"]["address"] == "registry.example"


def test_an_image_and_a_dockerfile_take_each_others_place(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Environment("e")
    made.docker.base_image = "one"
    made.docker.base_dockerfile = "FROM two\n"
    assert (made.docker.base_image, made.docker.base_dockerfile) == (None, "FROM two\n")
    made.docker.base_image = "three"
    assert (made.docker.base_image, made.docker.base_dockerfile) == ("three", None)
    assert capsys.readouterr().err.count("takes the place of") == 2
    (desk / "Dockerfile").write_text("FROM four\n")
    made.docker.base_dockerfile = "./Dockerfile"
    assert made.docker.base_dockerfile == "FROM four\n"


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("docker", "base_imag", "DockerSection has no attribute 'base_imag'; did you mean base_image?"),
        (
            "python",
            "conda_dependency",
            "PythonSection has no attribute 'conda_dependency'; did you mean conda_dependenc",
        ),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_nearest(part: str, name: str, said: str) -> None:
    with pytest.raises(AttributeError) as refused:
        setattr(getattr(Environment("e"), part), name, "x")
    assert str(refused.value).startswith(said)


def test_one_from_a_conda_file_has_its_packages(desk: Path) -> None:
    (desk / "myenv.yml").write_text("dependencies:\n- python=3.6.2\n- pip:\n  - azureml-defaults\n  - nltk\n")
    made = Environment.from_conda_specification(name="myenv", file_path="myenv.yml")
    assert made.python.conda_dependencies is not None
    assert list(made.python.conda_dependencies.pip_packages) == ["azureml-defaults", "nltk"]


def test_one_from_requirements_has_exactly_those(desk: Path) -> None:
    (desk / "requirements.txt").write_text("numpy==1.19.5\n# why\npandas\n")
    made = Environment.from_pip_requirements("e", "requirements.txt", pip_version="20.1")
    assert made.python.conda_dependencies is not None
    assert list(made.python.conda_dependencies.pip_packages) == ["numpy==1.19.5", "pandas"]
    assert list(made.python.conda_dependencies.conda_packages) == ["pip=20.1"]


def test_one_from_an_image_alone_takes_what_the_image_has() -> None:
    registry = ContainerRegistry()
    registry.address = "registry.example"
    made = Environment.from_docker_image("e", "team/base:1", container_registry=registry)
    assert made.python.user_managed_dependencies
    assert made.docker.base_image == "team/base:1"
    assert Environment.from_dockerfile("e", "FROM x\nRUN y").docker.base_dockerfile == "FROM x\nRUN y"


def test_a_clone_shares_nothing_with_what_it_was_made_of() -> None:
    made = Environment("one")
    made.version = "3"
    copied = made.clone("two")
    assert copied.python.conda_dependencies is not None
    copied.python.conda_dependencies.add_pip_package("numpy")
    copied.environment_variables["A"] = "b"
    assert made.as_document() == {**Environment("one").as_document(), "version": "3"}
    assert (copied.name, copied.version) == ("two", None)


def test_a_folder_holds_v1s_three_files_and_no_password(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Environment("e")
    made.docker.base_dockerfile = "FROM x\n"
    made.docker.base_image_registry.address = "registry.example"
    made.docker.base_image_registry.password = "secret"
    made.save_to_directory("env")
    assert sorted(path.name for path in (desk / "env").iterdir()) == [
        "BaseDockerfile", "azureml_environment.json", "conda_dependencies.yml",
    ]  # fmt: skip
    assert "secret" not in (desk / "env" / "azureml_environment.json").read_text()
    assert "the login for registry registry.example is not kept" in capsys.readouterr().err
    read = Environment.load_from_directory("env")
    assert read.docker.base_dockerfile == "FROM x\n"
    assert read.python.as_document() == made.python.as_document()
    with pytest.raises(FileExistsError):
        made.save_to_directory("env")
    made.save_to_directory("env", overwrite=True)


def test_a_dockerfile_of_comments_alone_is_none(desk: Path) -> None:
    Environment("e").save_to_directory("env")
    (desk / "env" / "BaseDockerfile").write_text("# here comes a Dockerfile\n\n")
    assert Environment.load_from_directory("env").docker.base_dockerfile is None


def test_a_folder_without_a_definition_is_refused_as_v1_did(desk: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"azureml_environment\.json"):
        Environment.load_from_directory(".")


def test_v1s_own_json_is_read_with_its_nulls() -> None:
    document = {
        "name": "my-deploy-env",
        "version": "1",
        "environmentVariables": {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
        "python": {
            "userManagedDependencies": False,
            "condaDependenciesFile": None,
            "condaDependencies": {"channels": [], "dependencies": ["python=3.6.2", {"pip": ["azureml-defaults"]}]},
            "baseCondaEnvironment": None,
        },
        "docker": {"enabled": False, "baseImage": "x", "shmSize": None, "arguments": [], "sharedVolumes": True},
        "inferencingStackVersion": None,
    }
    made = Environment.from_document(json.loads(json.dumps(document)))
    assert (made.name, made.version, made.docker.shm_size) == ("my-deploy-env", "1", None)
    assert isinstance(made.python.conda_dependencies, CondaDependencies)
    assert made.python.conda_dependencies.get_python_version() == "3.6.2"


def test_an_environments_name_is_text() -> None:
    with pytest.raises(TypeError, match="an environment's name is text, not None"):
        Environment(None)  # type: ignore[arg-type]


def test_conda_that_is_not_there_is_said_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        UserErrorException, match=r"there is no conda on this machine; export .*--name myconda > e\.yml"
    ):
        Environment.from_existing_conda_environment("e", "myconda")


def test_printed_it_is_v1s_json_without_a_password() -> None:
    environment = Environment("e")
    environment.docker.base_image = "teams/base:1"
    environment.docker.base_image_registry.address = "registry.example"
    environment.docker.base_image_registry.username = "ada"
    environment.docker.base_image_registry.password = "sesame"
    printed = json.loads(str(environment))
    assert (printed["name"], printed["docker"]["baseImage"]) == ("e", "teams/base:1")
    assert "sesame" not in str(environment)
