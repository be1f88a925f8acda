# ruff: noqa: E501 - tables of messages, a line each
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from shipway.domain.environment import AuthorsBase, Environment
from shipway.errors import ConfigError, RegistryError
from shipway.registry.environments import Environments
from shipway.store.workspace import Workspace

_REGISTERS = """
import sys
from datetime import datetime, UTC
from shipway.registry.environments import Environments
from shipway.store.workspace import open_workspace
environments = Environments(open_workspace(sys.argv[1]))
sys.stdin.readline()
for number in range(10):
    document = {"name": "mine", "environmentVariables": {"A": f"{sys.argv[2]}-{number}"}}
    print(environments.register(document, now=datetime.now(UTC)).version)
"""
SCIPY = {"name": "mine", "python": {"condaDependencies": {"dependencies": ["python=3.8", "scipy"]}}}


@pytest.fixture
def environments(workspace: Workspace) -> Environments:
    return Environments(workspace)


def test_versions_count_from_one_and_the_same_again_gets_none(environments: Environments, now: datetime) -> None:
    other = SCIPY | {"environmentVariables": {"A": "1"}}
    versions = [environments.register(document, now=now).version for document in (SCIPY, SCIPY, other, SCIPY)]
    assert versions == [1, 1, 2, 3]


def test_the_newest_is_meant_unless_a_version_is_named(
    environments: Environments, workspace: Workspace, now: datetime
) -> None:
    environments.register(SCIPY, now=now)
    environments.register({"name": "mine"}, now=now)
    assert (environments.get("mine").version, environments.get("mine", 1).version) == (2, 1)
    first = environments.get("mine", "1")
    assert first.environment == Environment(name="mine", python="3.8", requirements=("scipy",))
    assert first.document["version"] == "1"
    assert first.created_at == now
    assert workspace.records.exists("environments/mine/1")


def test_the_list_has_the_newest_of_each(environments: Environments, now: datetime) -> None:
    for name in ("b", "a", "b"):
        environments.register({"name": name, "environmentVariables": {"N": name}}, now=now)
    environments.register({"name": "b"}, now=now)
    assert [found.id for found in environments.list()] == ["a:1", "b:2"]


def test_what_its_files_say_is_kept_with_it(environments: Environments, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "c.yml").write_text("dependencies: [{pip: [-r r.txt]}]\n")
    (tmp_path / "r.txt").write_text("scipy\n")
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    document = {
        "name": "mine",
        "python": {"condaDependenciesFile": "c.yml"},
        "docker": {"baseDockerfile": "Dockerfile", "arguments": ["--rm"]},
    }
    environments.register(document, now=now, roots=(tmp_path,))
    for name in ("c.yml", "r.txt", "Dockerfile"):
        (tmp_path / name).unlink()
    found = environments.get("mine")
    assert found.environment == Environment(
        name="mine", requirements=("scipy",), base=AuthorsBase(dockerfile="FROM debian\n")
    )
    assert found.document["docker"]["arguments"] == ["--rm"]


def test_what_was_registered_registers_as_itself(environments: Environments, now: datetime) -> None:
    """As a folder that was downloaded does: a version, and where Azure kept it, say nothing of it."""
    first = environments.register(SCIPY | {"version": "9", "assetId": "azureml://x"}, now=now)
    assert environments.register(dict(first.document), now=now).version == first.version == 1


def test_the_variables_of_a_conda_file_are_kept(environments: Environments, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("variables: {A: conda, B: conda}\ndependencies: [scipy]\n")
    document = {"name": "mine", "environmentVariables": {"B": "own"}, "python": {"condaDependenciesFile": "c.yml"}}
    environments.register(document, now=now, roots=(tmp_path,))
    assert environments.get("mine").environment.variables == {"A": "conda", "B": "own"}


@pytest.mark.parametrize(
    "keys",
    [
        {"baseImageRegistry": {"username": "ada", "password": "hunter2"}},
        {"docker": {"base_image_registry": {"Username": "ada", "Password": "hunter2"}}},
        {"python": {"condaDependencies": {"dependencies": [{"pip": ["-i https://ada:hunter2@index.example/simple"]}]}}},
        {"python": {"condaDependencies": {"dependencies": [{"pip": ["git+https://hunter2@example.org/x"]}]}}},
        {"python": {"condaDependenciesFile": "c.yml"}},
    ],
)
def test_no_password_is_kept_wherever_it_stood(
    environments: Environments, workspace: Workspace, now: datetime, tmp_path: Path, keys: dict[str, object]
) -> None:
    """Under a key that nobody reads, or in the URL of an index."""
    (tmp_path / "c.yml").write_text("dependencies: [{pip: [scipy, -i https://ada:hunter2@index.example/simple]}]\n")
    environments.register({"name": "mine"} | keys, now=now, roots=(tmp_path,))
    kept = str(workspace.records.read("environments/mine/1"))
    assert "hunter2" not in kept
    assert "ada" not in kept


def test_what_looks_like_a_login_and_is_none_stays(environments: Environments, now: datetime) -> None:
    pip = ["git+ssh://git@example.org/x", "-i https://${TOKEN}@index.example/simple"]
    conda = {"variables": {"PASSWORD": "of-a-test"}, "dependencies": [{"pip": pip}]}
    keys = {"environmentVariables": {"USERNAME": "x"}, "python": {"condaDependencies": conda}}
    environments.register({"name": "mine"} | keys, now=now)
    found = environments.get("mine").environment
    assert found.variables == {"PASSWORD": "of-a-test", "USERNAME": "x"}
    assert found.requirements == tuple(pip)


def test_no_password_is_kept(environments: Environments, workspace: Workspace, now: datetime) -> None:
    registry = {"address": "registry.example", "username": "ada", "password": "hunter2"}
    environments.register({"name": "mine", "docker": {"baseImage": "x", "baseImageRegistry": registry}}, now=now)
    assert "hunter2" not in str(workspace.records.read("environments/mine/1"))
    assert environments.get("mine").environment.base == AuthorsBase(image="x", registry="registry.example")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("AzureML-Mine", "environment name 'AzureML-Mine' is not allowed: names that begin with Microsoft or AzureML were Azure's own; choose another, or say with --curated that it stands for Azure's"),
        ("a/b", "environment name 'a/b' is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
    ],
)  # fmt: skip
def test_a_name_that_v1_refused_is_refused(environments: Environments, now: datetime, name: str, message: str) -> None:
    with pytest.raises(RegistryError) as error:
        environments.register({"name": name}, now=now)
    assert str(error.value) == message
    assert environments.names() == ()


def test_one_that_stands_for_azures_may_have_its_name(environments: Environments, now: datetime) -> None:
    environments.register({"name": "AzureML-Minimal"}, now=now, curated=True)
    assert environments.get("AzureML-Minimal").version == 1


def test_what_is_not_there_is_said_with_what_to_do(environments: Environments, now: datetime) -> None:
    environments.register(SCIPY, now=now)
    messages = []
    for name, version in (("mime", None), ("mine", 7), ("mine", "new"), ("AzureML-Minimal", None), ("../x", None)):
        with pytest.raises(RegistryError) as error:
            environments.get(name, version)
        messages.append(str(error.value))
    assert messages == [
        "no environment 'mime' is registered (did you mean mine?); register one with `shipway environment register -d DIR`",
        "environment mine has no version 7; there are: 1",
        "environment mine has no version new; there are: 1",
        "no environment 'AzureML-Minimal' is registered: Azure's curated environments are not Shipway's to give; write what it held with `shipway environment scaffold -n AzureML-Minimal -d DIR`, and register that with `shipway environment register -d DIR --curated`",
        "no environment '../x' is registered; register one with `shipway environment register -d DIR`",
    ]


def test_nothing_is_registered_of_what_is_malformed(environments: Environments, now: datetime) -> None:
    with pytest.raises(ConfigError, match=r"^environment: name: is missing; a registered environment needs one$"):
        environments.register({}, now=now)
    with pytest.raises(ConfigError, match="docker/shmSize: must be a size"):
        environments.register({"name": "mine", "docker": {"shmSize": "much"}}, now=now)
    assert environments.names() == ()


def test_two_that_register_at_once_get_a_version_each(environments: Environments, workspace: Workspace) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _REGISTERS, workspace.url, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(2)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    given = [int(line) for writer in writers for line in writer.communicate(timeout=60)[0].splitlines()]
    assert sorted(given) == list(range(1, 21))
    assert environments.versions("mine") == tuple(range(1, 21))
