# ruff: noqa: E501 - tables of messages, a line each
"""What no author meant, and what a file's format allows all the same: a word about it, at once, and no traceback."""

import json
from pathlib import Path
from typing import Any

import pytest

from shipway.config.conda import load_conda, load_requirements
from shipway.config.deployment import load_deployment_config
from shipway.config.documents import Document, parse_document
from shipway.config.entry_script import check_entry_script
from shipway.config.environment import load_environment
from shipway.config.inference import load_environment_of, load_inference_config
from shipway.errors import ConfigError
from tests.unit.config.conftest import SCRIPT

LONG = "a" * 5000


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as error:
        parse_document(text, "x.yml")
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!timestamp x", "x.yml:1: not valid YAML: a value is none of the type that its tag names"),
        ('a: !!int ""', "x.yml:1: not valid YAML: a value is none of the type that its tag names"),
        ("a: !!bool x", "x.yml:1: not valid YAML: a value is none of the type that its tag names"),
        ('{"a": ' + "1" * 5000 + "}", "x.yml: not valid JSON: it has a number with more digits than can be read"),
        ('{"a": ' + "1" * 5000 + ",}", "x.yml: not valid JSON: it has a number with more digits than can be read"),
        ('{\n"a": [1, "b\\u0000c"]}', "x.yml:2: a/1: 'b\\x00c' has a NUL in it, which no path and no variable can have"),
        ('a: "b\\0"', "x.yml:1: a: 'b\\x00' has a NUL in it, which no path and no variable can have"),
        ('{"a": "\\ud83d"}', "x.yml: a: '\\ud83d' has half of a character in it; write the whole one"),
        ('{"a": {"\\ud83d": 1}}', "x.yml: a: '\\ud83d' has half of a character in it; write the whole one"),
        ('{"x": ' + "[" * 700 + "]" * 700 + "}", "x.yml: values are nested too deeply in each other"),
        ('{"x": ' + '{"a":' * 400 + "1" + "}" * 400 + "}", "x.yml: values are nested too deeply in each other"),
    ],
)  # fmt: skip
def test_what_a_format_allows_and_nobody_can_use_is_refused(text: str, message: str) -> None:
    assert refusal(text) == message


def test_values_that_come_from_no_file_are_held_to_the_same() -> None:
    """As the SDK's objects are."""
    content = {"computeType": "aci", "location": "a\0"}
    for source in (content, Document(source="deployment config", value=content)):
        with pytest.raises(ConfigError, match=r"^deployment config: location: 'a\\x00' has a NUL in it"):
            load_deployment_config(source)


def test_a_text_that_never_ends_is_refused_at_once() -> None:
    """Half a megabyte; quadratic work on it would take a day."""
    assert refusal('{"a": "' + '\\"' * 250_000).startswith("x.yml:1: not valid JSON: Unterminated string")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"containerResourceRequirements": {"memoryInGB": 1e308}}, "containerResourceRequirements/memoryInGB: must be 2147483647 at most, not 1e+308"),
        ({"numReplicas": -(10**400)}, f"numReplicas: must be greater than 0, not -1{'0' * 400}"),
        ({"numReplicas": 2**31}, "numReplicas: must be 2147483647 at most, not 2147483648"),
        ({"gpuCores": 2**31}, "gpuCores: must be 2147483647 at most, not 2147483648"),
    ],
)  # fmt: skip
def test_numbers_without_measure_are_refused(content: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_deployment_config({"computeType": "aks"} | content)
    assert str(error.value) == f"deployment config: {message}"


@pytest.mark.parametrize("size", ["9" * 400 + "g", 10**400, "99999999999g"])
def test_a_shared_memory_without_measure_is_refused(size: object) -> None:
    with pytest.raises(ConfigError, match=r"docker/shmSize: must be a size such as 2g or 512m"):
        load_environment({"docker": {"shmSize": size}})


def test_a_name_longer_than_any_file_s_is_no_file(project: Path) -> None:
    tls = {"computeType": "aci", "sslEnabled": True, "cname": "x", "sslCertificate": LONG, "sslKey": LONG}
    for load, words in (
        (lambda: load_environment({"python": {"condaDependenciesFile": LONG}}), "condaDependenciesFile: no such file: "),
        (lambda: load_environment({"docker": {"baseDockerfile": LONG}}), "baseDockerfile: no such file: "),
        (lambda: load_deployment_config(tls), "sslCertificate: no such file: "),
        (lambda: load_conda({"dependencies": [{"pip": [f"-r {LONG}"]}]}), ": no such file"),
        (lambda: load_inference_config({"entryScript": "score.py", "environment": LONG}, working_directory=project / "src"), "is neither a file nor a folder in"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            load()


def test_a_folder_that_leads_to_itself_is_no_folder(project: Path) -> None:
    (project / "loop").symlink_to("loop")
    with pytest.raises(ConfigError, match=r"^inference config: sourceDirectory: no such folder: .*/loop"):
        load_inference_config({"entryScript": "score.py", "sourceDirectory": "loop"}, working_directory=project)
    assert load_environment_of({"sourceDirectory": "loop"}, working_directory=project).warnings == ()


def test_a_requirements_file_that_includes_itself_another_way_round_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text(f"numpy\n-r ../{tmp_path.name}/r.txt\n")
    with pytest.raises(ConfigError, match=r"r\.txt:2: .*r\.txt includes itself; take that line out$"):
        load_requirements(path)


@pytest.mark.parametrize("encoding", ["hex", "rot13", "undefined", "punycode"])
def test_a_script_in_an_encoding_that_is_none_for_text_is_refused(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "score.py"
    path.write_text(f"# coding: {encoding}\n{SCRIPT}")
    with pytest.raises(ConfigError) as error:
        check_entry_script(path)
    assert str(error.value) == f"{path}: is not text in the encoding that it names, {encoding}; save the file as UTF-8"


SECRET = "hunter2"
LOGIN = {"address": "registry.example", "username": "ada", "password": SECRET}


@pytest.mark.parametrize(
    ("load", "content"),
    [
        (load_environment, {"environmentVariables": {"DB_PASSWORD": [SECRET]}}),
        (load_environment, {"environmentVariables": [f"DB_PASSWORD={SECRET}"]}),
        (load_environment, [{"a": {"password": SECRET}}]),
        (load_environment, {"name": {"password": SECRET}}),
        (load_deployment_config, [{"keys": {"primaryKey": SECRET}}]),
        (load_deployment_config, {"computeType": {"keys": {"primaryKey": SECRET}}}),
        (load_inference_config, {"entryScript": "score.py", "environment": [{"password": SECRET}]}),
    ],
)
def test_no_message_shows_what_may_be_a_password(load: Any, content: Any, project: Path) -> None:
    place = {"working_directory": project / "src"} if load is load_inference_config else {}
    with pytest.raises(ConfigError) as error:
        load(content, **place)
    assert SECRET not in str(error.value)
    assert "must " in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        "-r https://ada:hunter2@index.example/r.txt",
        "-c https://ada:hunter2@index.example/c.txt",
        "numpy --index-url https://ada:hunter2@index.example/simple",
        "--proxy http://ada:hunter2@proxy.example:3128",
    ],
)
def test_no_message_shows_the_login_of_an_index(line: str) -> None:
    try:
        said = "".join(load_conda({"dependencies": [{"pip": [line]}]}).warnings)
    except ConfigError as error:
        said = str(error)
    assert "index.example" in said or "proxy.example" in said
    assert SECRET not in said


def test_deeply_nested_values_that_can_be_read_are_read() -> None:
    deep: Any = 1
    for _ in range(90):
        deep = [deep]
    text = json.dumps({"computeType": "local", "x": deep})
    assert load_deployment_config(parse_document(text, "x.json")).value.compute_type == "local"
