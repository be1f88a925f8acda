# ruff: noqa: E501 - tables of messages, a line each
import json
from pathlib import Path
from typing import Any

import pytest

from shipway.config.documents import Loaded
from shipway.config.inference import load_inference_config
from shipway.domain.environment import InferenceConfig
from shipway.errors import ConfigError
from tests.unit.config.conftest import SCRIPT

SAMPLE_2021 = """\
{
    "entryScript": "echo_score.py",
    "sourceDirectory": "./source_dir",
    "environment": {
        "docker": {
            "arguments": [],
            "baseDockerfile": null,
            "baseImage": "azureml/base:intelmpi2018.3-ubuntu16.04",
            "enabled": false,
            "sharedVolumes": true,
            "shmSize": null
        },
        "environmentVariables": {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
        "name": "my-deploy-env",
        "python": {
            "baseCondaEnvironment": null,
            "condaDependencies": {
                "channels": [],
                "dependencies": ["python=3.6.2", {"pip": ["azureml-defaults", "nltk", "numpy", "onnxruntime"]}],
                "name": "project_environment"
            },
            "condaDependenciesFile": null,
            "interpreterPath": "python",
            "userManagedDependencies": false
        },
        "version": "2"
    }
}
"""


def loaded(project: Path, **keys: Any) -> Loaded[InferenceConfig]:
    return load_inference_config(keys, working_directory=project)


def refusal(project: Path, **keys: Any) -> str:
    with pytest.raises(ConfigError) as error:
        loaded(project, **keys)
    return str(error.value)


def test_microsofts_sample_of_2021_is_read_as_it_stands(project: Path) -> None:
    (project / "source_dir").mkdir()
    (project / "source_dir" / "echo_score.py").write_text(SCRIPT)
    (project / "ic.json").write_text(SAMPLE_2021)
    result = load_inference_config(project / "ic.json", working_directory=project)
    config = result.value
    assert config.entry_script == "echo_score.py"
    assert config.source_directory == str(project / "source_dir")
    assert config.environment.name == "my-deploy-env"
    assert config.environment.python == "3.6.2"
    assert config.environment.requirements == ("nltk", "numpy", "onnxruntime")
    assert config.environment.variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    assert result.warnings == (
        f"{project}/ic.json:8: environment/docker/baseImage: not used: the process target runs on this machine, without a container",
    )


def test_the_least_config_gets_an_empty_environment(project: Path) -> None:
    config = loaded(project, entryScript="score.py", sourceDirectory="src").value
    assert config.environment.requirements == ()
    assert config.environment.python is None


def test_paths_are_relative_as_v1_had_them(project: Path) -> None:
    """A-1: the source directory to the working folder, script and conda file to the source directory."""
    (project / "conda.yml").write_text("dependencies: [numpy]\n")
    config = loaded(project, entryScript="score.py", sourceDirectory="src", condaFile="../conda.yml").value
    assert config.environment.requirements == ("numpy",)
    (project / "score.py").write_text(SCRIPT)
    alone = loaded(project, entryScript="score.py", condaFile="conda.yml").value
    assert (alone.entry_script, alone.source_directory) == (str(project / "score.py"), None)
    assert alone.environment.requirements == ("numpy",)


def test_a_source_directory_has_its_real_name_and_the_script_the_authors_spelling(project: Path) -> None:
    (project / "link").symlink_to("src")
    config = loaded(project, entryScript="./score.py", sourceDirectory="link").value
    assert (config.entry_script, config.source_directory) == ("./score.py", str(project / "src"))


def test_windows_slashes_in_the_scripts_path_are_understood(project: Path) -> None:
    (project / "src" / "x" / "y").mkdir(parents=True)
    (project / "src" / "x" / "y" / "score.py").write_text(SCRIPT)
    assert loaded(project, entryScript=r"x\y\score.py", sourceDirectory="src").value.entry_script == "x/y/score.py"


def test_an_absolute_script_inside_the_source_directory_becomes_relative(project: Path) -> None:
    script = str(project / "src" / "score.py")
    assert loaded(project, entryScript=script, sourceDirectory="src").value.entry_script == "score.py"


def test_null_means_not_given(project: Path) -> None:
    keys = {"environment": None, "condaFile": None, "baseImage": None, "runtime": None, "enableGpu": None}
    assert loaded(project, entryScript="score.py", sourceDirectory="src", **keys).warnings == ()


def test_the_environment_wins_over_the_legacy_keys(project: Path) -> None:
    environment = {"name": "e", "python": {"condaDependencies": {"dependencies": ["scipy"]}}}
    result = loaded(project, entryScript="score.py", sourceDirectory="src", condaFile="x.yml", environment=environment)
    assert result.value.environment.requirements == ("scipy",)
    assert result.warnings == ("inference config: condaFile: not used: environment says it all, as in v1",)


def test_variables_are_the_environments_and_win_over_the_conda_files(project: Path) -> None:
    conda = {"variables": {"A": "conda", "B": "conda"}}
    environment = {"environmentVariables": {"A": "own", "N": 3}, "python": {"condaDependencies": conda}}
    config = loaded(project, entryScript="score.py", sourceDirectory="src", environment=environment).value
    assert config.environment.variables == {"A": "own", "B": "conda", "N": "3"}


def test_unknown_keys_warn_at_every_depth(project: Path) -> None:
    environment = {"name": "e", "pyhton": {}, "python": {"condaDependency": {}}}
    assert loaded(project, entryScript="score.py", sourceDirectory="src", environment=environment).warnings == (
        "inference config: environment/pyhton: ignored: unknown key, did you mean python?",
        "inference config: environment/python/condaDependency: ignored: unknown key, did you mean condaDependencies?",
    )


@pytest.mark.parametrize("key", ["extraDockerFileSteps", "extraDockerfileSteps"])
def test_both_spellings_of_docker_steps_are_known(project: Path, key: str) -> None:
    (warning,) = loaded(project, entryScript="score.py", sourceDirectory="src", **{key: "steps"}).warnings
    assert warning.startswith(f"inference config: {key}: not used: ")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("scores.py", "no such file: {root}/scores.py; the entry script is looked for in {root}"),
        ("score.txt", "'score.txt' is not a Python file; the entry script's name ends with .py"),
        ("score-numpy.py", "'score-numpy' cannot be imported: use letters, digits and '_' only, such as score.py"),
        ("class.py", "'class' cannot be imported: use letters, digits and '_' only, such as score.py"),
        ("../outside.py", "'../outside.py' lies outside the source directory {root}; move it in, or leave sourceDirectory out"),
    ],
)  # fmt: skip
def test_a_script_that_v1_refused_is_refused_at_once(project: Path, script: str, message: str) -> None:
    (project / "outside.py").write_text(SCRIPT)
    text = refusal(project, entryScript=script, sourceDirectory="src")
    assert text == "inference config: entryScript: " + message.format(root=project / "src")


def test_what_is_missing_is_named(project: Path) -> None:
    assert refusal(project, sourceDirectory="src") == "inference config: entryScript: is missing"
    assert refusal(project, entryScript="score.py", sourceDirectory="src", condaFile="c.yml") == (
        f"inference config: condaFile: no such file: {project}/src/c.yml; the conda file is looked for in {project}/src"
    )
    assert refusal(project, entryScript="score.py", sourceDirectory="C:/abc") == (
        f"inference config: sourceDirectory: no such folder: {project}/C:/abc ('C:/abc' is relative to {project})"
    )


def test_a_runtime_other_than_python_is_refused_by_name(project: Path) -> None:
    assert loaded(project, entryScript="score.py", sourceDirectory="src", runtime="Python").warnings == ()
    text = refusal(project, entryScript="score.py", sourceDirectory="src", runtime="spark-py")
    assert text == "inference config: runtime: 'spark-py' is not supported yet; use python"


def test_an_error_in_an_inline_conda_object_has_the_line_of_the_file(project: Path) -> None:
    content: dict[str, Any] = {"entryScript": "score.py", "sourceDirectory": "src"}
    content |= {"environment": {"python": {"condaDependencies": {"dependencies": [3]}}}}
    (project / "ic.json").write_text(json.dumps(content, indent=1))
    with pytest.raises(ConfigError) as error:
        load_inference_config(Path("ic.json"), working_directory=project)
    assert str(error.value) == (
        "ic.json:8: environment/python/condaDependencies/dependencies/0: must be a package, such as numpy=1.23, not 3"
    )
