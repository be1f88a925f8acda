# ruff: noqa: E501 - tables of messages, a line each
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from shipway.config.documents import Loaded
from shipway.config.environment import Declared
from shipway.config.inference import load_environment_of, load_inference_config
from shipway.domain.environment import AuthorsBase, Environment, InferenceConfig
from shipway.domain.secret import Secret
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


SCORE = {"entryScript": "score.py", "sourceDirectory": "src"}


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
    assert config.environment.served == ("azureml-defaults",)
    assert config.environment.base == AuthorsBase(image="azureml/base:intelmpi2018.3-ubuntu16.04")
    assert result.warnings == ()


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


def test_a_lone_script_that_is_a_link_keeps_the_name_that_it_was_given(project: Path) -> None:
    """Of versions such as score-v2.py, which no Python can import, score.py is the one in force."""
    (project / "score-v2.py").write_text(SCRIPT)
    (project / "score.py").symlink_to("score-v2.py")
    assert loaded(project, entryScript="score.py").value.entry_script == str(project / "score.py")


def test_an_empty_text_is_no_folder_and_no_environment(project: Path) -> None:
    found = loaded(project, entryScript="src/score.py", sourceDirectory="", environment="", condaFile="", baseImage="")
    assert found.value.source_directory is None
    assert (found.value.environment, found.warnings) == (Environment(name="environment"), ())


def test_windows_slashes_in_the_scripts_path_are_understood(project: Path) -> None:
    (project / "src" / "x" / "y").mkdir(parents=True)
    (project / "src" / "x" / "y" / "score.py").write_text(SCRIPT)
    assert loaded(project, entryScript=r"x\y\score.py", sourceDirectory="src").value.entry_script == "x/y/score.py"


def test_an_absolute_script_inside_the_source_directory_becomes_relative(project: Path) -> None:
    script = str(project / "src" / "score.py")
    assert loaded(project, entryScript=script, sourceDirectory="src").value.entry_script == "score.py"


def test_paths_may_be_absolute_and_a_lone_script_is_then_the_one_that_travels(project: Path) -> None:
    """I-9: as they stand in configs that a build container wrote."""
    (project / "c.yml").write_text("dependencies: [scipy]\n")
    script, folder, conda = str(project / "src" / "score.py"), str(project / "src"), str(project / "c.yml")
    config = loaded(project, entryScript=script, sourceDirectory=folder, condaFile=conda).value
    assert (config.entry_script, config.source_directory) == ("score.py", folder)
    assert config.environment.requirements == ("scipy",)
    alone = loaded(project, entryScript=script).value
    assert (alone.entry_script, alone.source_directory) == (script, None)


def test_null_means_not_given(project: Path) -> None:
    keys = {"environment": None, "condaFile": None, "baseImage": None, "runtime": None, "enableGpu": None}
    assert loaded(project, entryScript="score.py", sourceDirectory="src", **keys).warnings == ()


def test_the_environment_wins_over_the_legacy_keys(project: Path) -> None:
    environment = {"name": "e", "python": {"condaDependencies": {"dependencies": ["scipy"]}}}
    result = loaded(project, **SCORE, condaFile="x.yml", runtime="R", environment=environment)
    assert result.value.environment.requirements == ("scipy",)
    assert result.warnings == (
        "inference config: condaFile: not used: environment says it all, as in v1",
        "inference config: runtime: not used: environment says it all, as in v1",
        "inference config: azureml-defaults is not listed, and nothing is missing: the scoring server is Shipway's own",
    )


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
def test_both_spellings_of_docker_steps_are_read(project: Path, key: str) -> None:
    (project / "src" / "steps").write_text("RUN touch /x\n")
    assert loaded(project, **SCORE, **{key: "steps"}).value.environment.base == AuthorsBase(steps="RUN touch /x\n")
    both = loaded(project, **SCORE, extraDockerFileSteps="steps", extraDockerfileSteps="steps")
    assert both.value.environment.base == AuthorsBase(steps="RUN touch /x\n")
    assert refusal(project, **SCORE, extraDockerFileSteps="steps", extraDockerfileSteps="other") == (
        "inference config: extraDockerfileSteps: names another file than extraDockerFileSteps; keep one of the two spellings"
    )


def test_the_legacy_keys_say_the_image_below(project: Path) -> None:
    registry = {"address": "registry.example", "username": "ada", "password": "hunter2"}
    keys = {
        "runtime": "Python",
        "enableGpu": True,
        "cudaVersion": 10.0,
        "baseImage": "mine:1",
        "baseImageRegistry": registry,
    }
    result = loaded(project, **SCORE, **keys)
    assert result.value.environment.base == AuthorsBase(
        image="mine:1", registry="registry.example", username="ada", gpu=True
    )
    assert result.value.base_login == Secret("hunter2")
    assert result.warnings == ()
    assert "hunter2" not in repr(result)
    lone = loaded(project, **SCORE, baseImage="mine:1", baseImageRegistry="registry.example").value
    assert lone.environment.base == AuthorsBase(image="mine:1", registry="registry.example")
    assert loaded(project, **SCORE, cudaVersion="9.0").warnings == (
        "inference config: cudaVersion: not used without enableGpu: true",
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"runtime": "pyton"}, "runtime: unknown runtime 'pyton'; did you mean python?"),
        ({"runtime": "R"}, "runtime: unknown runtime 'R'; v1 knows python, python-slim, spark-py"),
        ({"runtime": "spark-py"}, "runtime: 'spark-py' brought pyspark, which the conda file does not list; add pyspark==VERSION"),
        ({"cudaVersion": "11.0", "enableGpu": True}, "cudaVersion: unknown version '11.0'; v1 knows 9.0, 9.1, 10.0"),
        ({"enableGpu": "no"}, "enableGpu: 'no' is text, which v1 took for true; write true or false without quotes"),
        ({"baseImageRegistry": {"address": "r.example", "username": "ada"}}, "baseImageRegistry: password is missing; a private registry needs address, username and password"),
        ({"baseImageRegistry": {"password": "x"}}, "baseImageRegistry: address and username are missing; a private registry needs address, username and password"),
        ({"baseImageRegistry": {"password": 1234}}, "baseImageRegistry/password: must be text: put quotes around it"),
        ({"extraDockerFileSteps": "steps"}, "extraDockerFileSteps: no such file: {src}/steps; the file of Docker steps is looked for in {src} and in {root}"),
        ({"condaFile": "c.yml"}, "condaFile: no such file: {src}/c.yml; the conda file is looked for in {src} and in {root}"),
        ({"condaFile": "C:\\x\\c.yml"}, r"condaFile: 'C:\\x\\c.yml' is a path of a Windows machine, and there is no such file on this one; write where it lies here"),
        ({"condaFile": "."}, "condaFile: is a folder; name a file: {src}"),
        ({"entryScript": None, "entry_script": "score.py"}, "entryScript: is missing; entry_script stands in its place"),
        ({"environment": "nowhere"}, "environment: 'nowhere' is neither a file nor a folder in {src} and in {root}; a registered environment is named with --environment-name, and `shipway environment register -d DIR` makes one"),
        ({"environment": 3}, "environment: must be an environment, or the path of its file or folder, not 3"),
    ],
)  # fmt: skip
def test_what_v1_refused_of_an_environment_is_refused(project: Path, keys: dict[str, Any], message: str) -> None:
    text = refusal(project, **(SCORE | keys))
    assert text == "inference config: " + message.replace("{src}", f"{project}/src").replace("{root}", str(project))


def test_spark_is_what_the_conda_file_lists_of_it(project: Path) -> None:
    (project / "src" / "c.yml").write_text("dependencies: [openjdk=8, {pip: [azureml-defaults, pyspark==2.4.5]}]\n")
    result = loaded(project, **SCORE, runtime="spark-py", condaFile="c.yml")
    assert (result.value.environment.requirements, result.warnings) == (("pyspark==2.4.5",), ())
    (project / "src" / "c.yml").write_text("dependencies: [{pip: [azureml-defaults, pyspark==2.4.5]}]\n")
    assert loaded(project, **SCORE, runtime="spark-py", condaFile="c.yml").warnings == (
        "inference config: runtime: Spark needs Java: list openjdk in the conda file, or use a base image that has it",
    )


def test_pyspark_may_lie_in_the_base_image(project: Path) -> None:
    assert loaded(project, **SCORE, runtime="spark-py", baseImage="team/spark:1").value.environment.requirements == ()
    assert "brought pyspark, which the conda file does not list" in refusal(project, **SCORE, runtime="spark-py")


def test_the_conda_file_is_looked_for_in_the_working_folder_too(project: Path) -> None:
    (project / "config").mkdir()
    (project / "config" / "c.yml").write_text("dependencies: [scipy]\n")
    assert loaded(project, **SCORE, condaFile=r"config\c.yml").value.environment.requirements == ("scipy",)


def test_an_environment_may_be_a_file_or_a_folder_of_its_own(project: Path) -> None:
    (project / "env").mkdir()
    (project / "env" / "azureml_environment.json").write_text('{"name": "mine"}')
    (project / "env" / "conda_dependencies.yml").write_text("dependencies: [scipy]\n")
    for name in ("env", "env/azureml_environment.json"):
        assert loaded(project, **SCORE, environment=name).value.environment.name == "mine"
    assert loaded(project, **SCORE, environment="env").value.environment.requirements == ("scipy",)
    (project / "env" / "own.json").write_text('{"python": {"condaDependenciesFile": "conda_dependencies.yml"}}')
    assert loaded(project, **SCORE, environment="env/own.json").value.environment.requirements == ("scipy",)


def test_an_environment_that_was_given_beside_the_file_wins(project: Path) -> None:
    given = Environment(name="registered", requirements=("scipy",), served=("azureml-defaults",))
    keys = SCORE | {"environment": {"name": "own"}, "condaFile": "x.yml"}
    result = load_inference_config(keys, working_directory=project, environment=given)
    assert result.value.environment == given
    assert result.warnings == (
        "inference config: environment: not used: another environment was given beside this file",
        "inference config: condaFile: not used: environment says it all, as in v1",
    )


def test_what_was_given_beside_the_file_has_its_login(project: Path) -> None:
    base = AuthorsBase(image="team/base:1", registry="registry.example", username="ada")
    given = Declared(environment=Environment(name="given", base=base), login=Secret("hunter2"))
    result = load_inference_config(SCORE, working_directory=project, environment=given).value
    assert (result.environment, result.base_login) == (given.environment, given.login)


def test_that_no_server_is_listed_is_said_to_be_no_loss(project: Path) -> None:
    (project / "src" / "c.yml").write_text("dependencies: [scipy]\n")
    assert loaded(project, **SCORE, condaFile="c.yml").warnings == (
        "inference config: azureml-defaults is not listed, and nothing is missing: the scoring server is Shipway's own",
    )


def test_a_script_for_a_python_whose_grammar_ours_has_not_is_left_to_that_python(project: Path) -> None:
    (project / "src" / "score.py").write_text("def init():\n    pass\ndef run(data, async=True):\n    return data\n")
    (project / "src" / "c.yml").write_text("dependencies: [python=3.6.2, {pip: [azureml-defaults]}]\n")
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (warning,) = loaded(project, **SCORE, condaFile="c.yml").warnings
    assert warning.startswith(f"{project}/src/score.py:3: does not parse on Python {own}: ")
    assert warning.endswith("; the asset's own, 3.6.2, decides")
    (project / "src" / "c.yml").write_text("dependencies: [python=3.8, {pip: [azureml-defaults]}]\n")
    assert refusal(project, **SCORE, condaFile="c.yml").startswith(
        f"{project}/src/score.py:3: the entry script does not parse: "
    )


def test_the_environment_is_read_whatever_is_wrong_with_the_script(project: Path) -> None:
    (project / "src" / "c.yml").write_text("dependencies: [python=3.6.2, scipy]\n")
    (project / "src" / "score.py").write_text("def init(:\n")
    for keys in (
        SCORE,
        {"sourceDirectory": "src", "entryScript": "gone.py"},
        {"sourceDirectory": "src", "entryScript": 3},
    ):
        given = {**keys, "condaFile": "c.yml"}
        environment = load_environment_of(given, working_directory=project).value
        assert (environment.python, environment.requirements) == ("3.6.2", ("scipy",))
    with pytest.raises(ConfigError, match="condaFile: no such file"):
        load_environment_of({"sourceDirectory": "gone", "condaFile": "x.yml"}, working_directory=project)


def test_a_deployment_config_in_its_place_is_named(project: Path) -> None:
    assert refusal(project, computeType="local") == (
        "inference config: is a deployment config: it has computeType; give it as such"
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("scores.py", "no such file: {root}/scores.py; the entry script is looked for in {root}; is score.py meant?"),
        ("other.py", "no such file: {root}/other.py; the entry script is looked for in {root}"),
        ("C:/x/main.py", "'C:/x/main.py' is a path of a Windows machine, and there is no such file on this one; write where it lies here"),
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
    assert refusal(project, entryScript="score.py", sourceDirectory="there") == (
        f"inference config: sourceDirectory: no such folder: {project}/there ('there' is relative to {project})"
    )
    assert refusal(project, entryScript="score.py", sourceDirectory="C:/abc") == (
        "inference config: sourceDirectory: 'C:/abc' is a path of a Windows machine, and there is no such folder on this one; write where it lies here"
    )


def test_an_error_in_an_inline_conda_object_has_the_line_of_the_file(project: Path) -> None:
    content: dict[str, Any] = {"entryScript": "score.py", "sourceDirectory": "src"}
    content |= {"environment": {"python": {"condaDependencies": {"dependencies": [3]}}}}
    (project / "ic.json").write_text(json.dumps(content, indent=1))
    with pytest.raises(ConfigError) as error:
        load_inference_config(Path("ic.json"), working_directory=project)
    assert str(error.value) == (
        "ic.json:8: environment/python/condaDependencies/dependencies/0: must be a package, such as numpy=1.23, not 3"
    )
