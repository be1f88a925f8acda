"""-e, --ev and --ed: an environment that stands beside the inference config (contract I-5)."""

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shipway.cli.context import Context
from shipway.cli.output import Output
from shipway.cli.parser import Parser
from shipway.cli.v1_flags import add_inference_flags, inference_of
from shipway.config.documents import Document
from shipway.domain.environment import InferenceConfig
from shipway.errors import RegistryError
from shipway.registry.environments import Environments
from shipway.release.run import utc_now
from shipway.store.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    """With an environment in two versions, and a script beside it."""
    opened = open_workspace(folder / ".shipway", create=True)
    for package in ("numpy==1.19.5", "numpy==1.21.6"):
        Environments(opened).register(definition(package), now=utc_now())
    (folder / "score.py").write_text("def init(): pass\ndef run(data): return data\n")
    return opened


def definition(package: str) -> Mapping[str, Any]:
    return {"name": "mine", "python": {"condaDependencies": {"dependencies": ["python=3.7", {"pip": [package]}]}}}


@pytest.fixture
def context(folder: Path, workspace: Workspace) -> Context:
    return Context(given=None, output=Output(), folder=folder)


def parse(*argv: str) -> Namespace:
    parser = Parser(prog="shipway model deploy")
    add_inference_flags(parser)
    return parser.parse_args(argv)


@pytest.mark.parametrize(
    ("argv", "package"),
    [
        (["-e", "mine"], "numpy==1.21.6"),
        (["--environment-name", "mine", "--ev", "1"], "numpy==1.19.5"),
    ],
)
def test_a_registered_environment_is_taken_by_name(context: Context, argv: list[str], package: str) -> None:
    config = inference_of(parse("--es", "score.py", *argv), context).value
    assert isinstance(config, InferenceConfig)
    assert (config.environment.python, config.environment.requirements) == ("3.7", (package,))


def test_an_environment_folder_wins_over_the_file_and_that_is_told(context: Context, folder: Path) -> None:
    (folder / "env").mkdir()
    (folder / "env" / "azureml_environment.json").write_text(json.dumps(definition("pandas==1.1.5")))
    (folder / "c.yml").write_text("dependencies: [{pip: [scipy]}]")
    (folder / "i.json").write_text('{"entryScript": "score.py", "condaFile": "c.yml"}')
    loaded = inference_of(parse("--ic", "i.json", "--ed", "env"), context)
    assert isinstance(loaded.value, InferenceConfig)
    assert loaded.value.environment.requirements == ("pandas==1.1.5",)
    assert "--environment-directory env wins over condaFile in i.json" in loaded.warnings


def test_without_one_the_document_is_left_to_whoever_reads_it(context: Context) -> None:
    assert isinstance(inference_of(parse("--es", "score.py"), context).value, Document)
    assert inference_of(parse(), context).value is None


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["-e", "mine", "--ev", "9"], "environment mine has no version 9; there are: 1, 2"),
        (["-e", "AzureML-Minimal"], "no environment 'AzureML-Minimal' is registered: Azure's curated environments are"),
    ],
)
def test_an_environment_that_there_is_not_is_named(context: Context, argv: list[str], error: str) -> None:
    with pytest.raises(RegistryError) as raised:
        inference_of(parse("--es", "score.py", *argv), context)
    assert str(raised.value).startswith(error)
