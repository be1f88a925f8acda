"""What the stand-ins do once they are imported: values, texts and errors, where nothing of Azure ML is installed."""

import sys
from pathlib import Path
from typing import Any

import pytest
from shim_process import process, run, write

from shipway_serving.shims import offered
from shipway_serving.shims.remedies import remedy_for


def test_every_name_that_is_offered_can_be_imported(tmp_path: Path) -> None:
    """And importing costs nothing heavy: no client, no numerics, no network."""
    code = """
import importlib
from shipway_serving.shims import offered
without_werkzeug = [offer for offer in offered() if not offer.module.startswith(("azureml.contrib", "azureml_inf"))]
missing = [
    offer.module + "." + name
    for offer in without_werkzeug
    for name in offer.names
    if not hasattr(importlib.import_module(offer.module), name)
]
heavy = ["socket", "ssl", "http", "urllib.request", "numpy", "pandas", "requests", "asyncio", "werkzeug", "email"]
answer([len(without_werkzeug) > 50, missing, [name for name in heavy if name in sys.modules]])
"""
    assert run(tmp_path, code) == [True, [], []]


def test_the_table_is_whole() -> None:
    """The documentation is made from it."""
    offers = offered()
    names = [(offer.module, name) for offer in offers for name in offer.names]
    assert len(names) == len(set(names)) > 100
    assert {offer.precedence for offer in offers} == {"first", "last"}
    assert all(offer.works and bool(offer.names) == (offer.source != "-") for offer in offers)


def test_the_table_survives_without_docstrings(tmp_path: Path) -> None:
    """``python -OO``."""
    code = "from azureml.core.model import Model\nanswer(Model.get_model_path.__doc__)"
    assert run(tmp_path, code, flags=["-OO"]) is None


def test_installing_twice_is_installing_once(tmp_path: Path) -> None:
    """One finder before all others and one behind."""
    code = """
install()
answer([type(finder).__name__ == "ShimFinder" for finder in sys.meta_path])
"""
    first, *others, last = run(tmp_path, code)
    assert first and last and not any(others)


def test_names_that_are_not_offered_are_missing_as_ever(tmp_path: Path) -> None:
    """Libraries probe for packages; what is not there must not seem to be."""
    code = """
import importlib.util
try:
    import azureml.interpret.scoring
except ModuleNotFoundError as error:
    said = [str(error), error.name]
names = ["azureml.interpret", "azureml.core.nothing", "azureml_nothing", "azureml.core.model"]
answer([said] + [importlib.util.find_spec(name) is not None for name in names])
"""
    said = ["No module named 'azureml.interpret'", "azureml.interpret"]
    assert run(tmp_path, code) == [said, False, False, False, True]


def test_pickles_and_reloads_see_ordinary_modules(tmp_path: Path) -> None:
    """By their public names."""
    code = """
import importlib, pickle
import azureml.core.model, azureml.exceptions
from azureml.exceptions import WebserviceException
error = pickle.loads(pickle.dumps(WebserviceException("gone")))
classes = [azureml.core.model.Model, azureml.core.Workspace, azureml.monitoring.ModelDataCollector] if (
    __import__("azureml.monitoring")) else []
same = [pickle.loads(pickle.dumps(each)) is each for each in classes]
reloaded = importlib.reload(azureml.core.model)
answer([type(error) is WebserviceException, error.message, same, reloaded is azureml.core.model, reloaded.__name__])
"""
    assert run(tmp_path, code) == [True, "gone", [True] * 3, True, "azureml.core.model"]


def test_modules_run_with_m_are_found_as_before(tmp_path: Path) -> None:
    """``runpy`` is what ``python -m`` uses."""
    site = write(tmp_path / "site", {"azureml_tool/__main__.py": "VALUE = __name__"})
    code = "import runpy\nanswer(runpy.run_module('azureml_tool', run_name='__main__')['VALUE'])"
    assert run(tmp_path, code, [site]) == "__main__"


MODEL_PATHS = """
from azureml.core.model import Model
from azureml.exceptions import ModelNotFoundException, WebserviceException
def path(*given, **named):
    try:
        return Model.get_model_path(*given, **named)
    except (ModelNotFoundException, WebserviceException) as error:
        return [type(error).__name__, error.message]
    except ValueError as error:
        return ["ValueError", str(error)]
"""

NOT_FOUND = (
    "Model {} not found in cache at {} or in current working directory {}. For more info, set logging level to DEBUG."
)


@pytest.mark.parametrize(
    "call, expected",
    [
        ("'file'", "azureml-models/file/12/model.pkl"),
        ("'file', 9", "azureml-models/file/9/old.pkl"),
        ("model_name='file', version=9, _workspace=None", "azureml-models/file/9/old.pkl"),
        ("'folder'", "azureml-models/folder/1/saved"),
        ("'file', version='9'", ["WebserviceException", "version should be an int"]),
        ("None", ["WebserviceException", "model_name is None"]),
        (
            "'none'",
            ["WebserviceException", "Dir azureml-models/none/1 can contain only 1 file or folder. Found []"],
        ),
        ("'empty'", ["WebserviceException", "versions is empty"]),
        ("'latest'", ["ValueError", "invalid literal for int() with base 10: 'latest'"]),
        ("'here.pkl'", "here.pkl"),
        ("'here.pkl', 3", "here.pkl"),
        ("'gone'", ["ModelNotFoundException", NOT_FOUND]),
        ("'gone', 3", ["WebserviceException", NOT_FOUND]),
        ("'file', 3", ["WebserviceException", NOT_FOUND]),
    ],
)
def test_model_paths_are_found_as_the_original_finds_them(call: str, expected: Any, tmp_path: Path) -> None:
    """C-30, with the texts of azureml-core 1.48."""
    write(tmp_path, {"azureml-models/file/9/old.pkl": "", "azureml-models/file/12/model.pkl": "", "here.pkl": ""})
    write(tmp_path, {"azureml-models/folder/1/saved/model.pkl": "", "azureml-models/latest/latest/model.pkl": ""})
    (tmp_path / "azureml-models/none/1").mkdir(parents=True)
    (tmp_path / "azureml-models/empty").mkdir()
    if isinstance(expected, list) and expected[1] == NOT_FOUND:
        expected = [expected[0], NOT_FOUND.format(call.split("'")[1], "azureml-models", tmp_path)]
    assert run(tmp_path, MODEL_PATHS + f"answer(path({call}))") == expected


def test_two_entries_in_a_version_are_one_too_many(tmp_path: Path) -> None:
    """A ``.DS_Store`` is enough (C-30, step 5)."""
    write(tmp_path, {"azureml-models/m/1/model.pkl": "", "azureml-models/m/1/.DS_Store": ""})
    kind, text = run(tmp_path, MODEL_PATHS + "answer(path('m'))")
    assert kind == "WebserviceException"
    assert text.startswith("Dir azureml-models/m/1 can contain only 1 file or folder. Found ['")


def test_the_app_root_counts_when_the_module_is_imported(tmp_path: Path) -> None:
    """C-30, step 3: not when the path is asked for."""
    write(tmp_path / "root", {"azureml-models/m/1/model.pkl": ""})
    code = MODEL_PATHS + "import os\nos.environ['AML_APP_ROOT'] = '/elsewhere'\nanswer(path('m'))"
    found = run(tmp_path, code, environment={"AML_APP_ROOT": str(tmp_path / "root")})
    assert found == str(tmp_path / "root/azureml-models/m/1/model.pkl")


def test_the_text_of_an_exception_is_the_originals(tmp_path: Path) -> None:
    """Scripts answer 200 with it."""
    code = (
        "from azureml.exceptions import WebserviceException\nanswer(str(WebserviceException('gone', status_code=404)))"
    )
    assert run(tmp_path, code) == (
        "WebserviceException:\n\tMessage: gone\n\tInnerException None\n\tErrorResponse \n"
        '{\n    "error": {\n        "message": "gone"\n    }\n}'
    )


def test_every_exception_comes_back_from_another_process(tmp_path: Path) -> None:
    """One that cannot be unpickled blocks a pool for ever."""
    code = """
import pickle
import azureml.core, azureml.exceptions
errors = [azureml.exceptions.WebserviceException("gone"), azureml.exceptions.RunEnvironmentException()]
try:
    azureml.core.Workspace("x")
except ImportError as error:
    errors.append(error)
answer([str(pickle.loads(pickle.dumps(error))) == str(error) for error in errors])
"""
    assert run(tmp_path, code) == [True] * 3


DEPLOYMENT_CODE = """
from typing import Optional
from azureml.core import Workspace, Experiment, Dataset, Environment, Webservice
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, LocalWebservice
from azureml.core.environment import DEFAULT_CPU_IMAGE
from azureml.exceptions import WebserviceException

class Mine(Workspace):
    pass

def deploy(workspace: Optional[Workspace] = None) -> Webservice:
    pass

def said(call):
    try:
        call()
    except ImportError as error:
        return [type(error).__name__, str(error), error.name]
"""


def test_deployment_code_can_be_imported_and_says_what_it_lacks_when_used(tmp_path: Path) -> None:
    """Scripts that only score import it by habit."""
    code = """
answer([
    said(lambda: Workspace.from_config()),
    said(lambda: AciWebservice("x")),
    said(lambda: Dataset.Tabular.from_delimited_files("x")),
    said(lambda: Model.register(None, "x")),
    isinstance(3, Workspace), hasattr(Workspace, "__fspath__"), DEFAULT_CPU_IMAGE.split("/")[0],
])
"""

    def expected(used: str, module: str) -> Any:
        return [
            "AzureMLNotInstalled",
            f"{used} was called, but the real {module} is not installed, only a stand-in that can be imported: "
            "add azureml-core to the environment, or keep this call out of the scoring script",
            module,
        ]

    assert run(tmp_path, DEPLOYMENT_CODE + code) == [
        expected("azureml.core.Workspace.from_config()", "azureml.core"),
        expected("azureml.core.webservice.AciWebservice()", "azureml.core.webservice"),
        expected("azureml.core.Dataset.Tabular.from_delimited_files()", "azureml.core"),
        expected("azureml.core.model.Model.register()", "azureml.core.model"),
        False,
        False,
        "mcr.microsoft.com",
    ]


def test_stand_ins_can_be_looked_at_by_tools(tmp_path: Path) -> None:
    """Copied, annotated with, documented, mocked."""
    code = """
import copy, inspect, pydoc, typing, unittest.mock
from azureml.core import Dataset, Workspace
copies = [copy.copy(Workspace.get), copy.deepcopy(Dataset.Tabular), copy.deepcopy(Workspace)]
typing.List[Workspace]
inspect.getmembers(Workspace)
unittest.mock.Mock(spec=Workspace)
answer([repr(each) for each in copies] + [bool(pydoc.render_doc(sys.modules["azureml.core"]))])
"""
    assert run(tmp_path, code) == [
        "<azureml.core.Workspace.get, not installed>",
        "<azureml.core.Dataset.Tabular, not installed>",
        "<class 'azureml.core.Workspace'>",
        True,
    ]


def test_importing_core_is_enough_to_use_what_is_below_it(tmp_path: Path) -> None:
    """As with the original."""
    code = "import azureml.core\nanswer([azureml.core.model.Model is azureml.core.Model, azureml.core.VERSION])"
    assert run(tmp_path, code) == [True, "0.0.0+shipway"]


def test_a_run_outside_of_a_run_prints_what_it_is_told(tmp_path: Path) -> None:
    """As the original's offline run does."""
    code = """
from azureml.core import Run
from azureml.core.run import _OfflineRun
from azureml.exceptions import RunEnvironmentException
run = Run.get_context()
run.log("accuracy", 0.5)
run.upload_file("a", "b")
assert isinstance(run, _OfflineRun) and not hasattr(run, "experiment")
try:
    Run.get_context(allow_offline=False)
except RunEnvironmentException as error:
    print(error.message)
"""
    lines = process(tmp_path, code).stdout.splitlines()
    assert lines[:2] == ["Attempted to log scalar metric accuracy:", "0.5"]
    assert lines[2].startswith("Could not load a submitted run")


AUTOML = """
import logging
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
import azureml.automl.core
import azureml.train.automl
from azureml.automl.core.shared import logging_utilities, log_server
from azureml.telemetry import INSTRUMENTATION_KEY
try:
    log_server.enable_telemetry(INSTRUMENTATION_KEY)
    log_server.set_verbosity("INFO")
    logger = logging.getLogger("azureml.automl.core.scoring_script")
except Exception:
    pass
log_server.update_custom_dimensions({"model_name": "m", "model_version": "1"})
try:
    raise ValueError("no model")
except Exception as error:
    logging_utilities.log_traceback(error, logger)
answer(log_server.custom_dimensions)
"""


def test_what_a_script_made_by_automl_does_around_its_model_works(tmp_path: Path) -> None:
    """It calls these outside any ``try``."""
    done = process(tmp_path, AUTOML)
    lines = done.stdout.splitlines()
    assert (done.stderr, lines[0]) == ("", "CRITICAL azureml.automl.core.scoring_script ValueError: no model")
    assert "Traceback (most recent call last):" in lines and lines[-1] == '{"model_name": "m", "model_version": "1"}'


def test_an_entry_script_object_is_the_same_everywhere_in_a_process(tmp_path: Path) -> None:
    """N-5."""
    code = """
import os
from azureml_user.parallel_run import EntryScript
entry = EntryScript()
answer([entry is EntryScript(), entry.agent_name, entry.logger.level, entry.output_dir, os.path.isdir(entry.log_dir)])
"""
    environment = {"SHIPWAY_BATCH_OUTPUT_DIR": str(tmp_path / "out"), "SHIPWAY_BATCH_AGENT": "process003"}
    found = run(tmp_path, code, environment=environment)
    assert found == [True, "process003", 10, str(tmp_path / "out"), True]
    assert (tmp_path / "out").is_dir() and (tmp_path / "logs/user/entry_script_log").is_dir()


def test_a_script_of_2018_imports_and_its_schema_names_what_came_after(tmp_path: Path) -> None:
    """Its use of these names lies behind a ``__main__`` guard."""
    code = """
from azureml.api.schema.dataTypes import DataTypes
from azureml.api.schema.sampleDefinition import SampleDefinition
from azureml.api.realtime.services import generate_schema
from azureml.assets import get_local_path
inputs = {"input_df": SampleDefinition(DataTypes.PANDAS, [1])}
said = []
for call in (lambda: generate_schema(run_func=None, inputs=inputs, filepath="x"), lambda: get_local_path("x.link")):
    try:
        call()
    except ImportError as error:
        said.append(str(error))
answer(said)
"""
    assert run(tmp_path, code) == [
        "generate_schema() of 2018 is not available; describe the inputs of run() with the decorators of "
        "inference-schema (inference_schema.schema_decorators.input_schema) instead",
        "azureml.assets.get_local_path() was called, but the real azureml.assets is not installed, only a stand-in "
        "that can be imported: its package is not published any more; the model lies in AZUREML_MODEL_DIR",
    ]


@pytest.mark.parametrize(
    "module, distribution",
    [
        ("azureml.interpret", "azureml-interpret"),
        ("azureml.automl.runtime.shared", "azureml-automl-runtime"),
        ("azureml.train.automl.runtime", "azureml-train-automl-runtime"),
        ("azureml.train.automl.client", "azureml-train-automl-client"),
        ("azureml.training.tabular", "azureml-training-tabular"),
    ],
)
def test_a_missing_azure_module_has_a_remedy(module: str, distribution: str) -> None:
    """For the log."""
    remedy = remedy_for(ModuleNotFoundError("No module named ...", name=module))
    text = f"{module}: add {distribution} to the environment; here it is absent, or a stand-in without this name"
    assert remedy == text


@pytest.mark.parametrize("error", [ModuleNotFoundError("x", name="numpy"), ValueError("azureml.core"), ImportError()])
def test_other_errors_have_none(error: Exception) -> None:
    """Nothing is made up."""
    assert remedy_for(error) is None


@pytest.mark.skipif(sys.version_info < (3, 7), reason="Python 3.6 does not say which module lacks the name")
def test_a_name_that_a_stand_in_lacks_has_a_remedy(tmp_path: Path) -> None:
    """It is an ``ImportError`` of another kind."""
    code = """
from shipway_serving.shims.remedies import remedy_for
try:
    from azureml.core import SomethingNew
except ImportError as error:
    answer(remedy_for(error))
"""
    text = "azureml.core: add azureml-core to the environment; here it is absent, or a stand-in without this name"
    assert run(tmp_path, code) == text
