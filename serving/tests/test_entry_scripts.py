"""What the server does with the scripts that people bring: layouts, failures at start-up, schemas, timeouts."""

import json
from typing import Any, Callable, Dict

import pytest
from server_process import ECHO, Server

Serve = Callable[..., Server]

JSON = {"Content-Type": "application/json"}


def asset(folder: Any, files: Dict[str, str]) -> None:
    """Write ``files`` by their path below ``folder``."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_source_directory_is_importable_and_the_scripts_own_folder_is_not(serve: Serve, tmp_path: Any) -> None:
    """C-3, C-6, C-20: everything as v1's variables say it."""
    script = """
import os, top
try:
    import sibling
except ImportError:
    sibling = None

def init():
    pass

def run(data):
    return [top.NAME, sibling, os.environ["AZUREML_MODEL_DIR"], __file__]
"""
    asset(tmp_path, {"src/x/score.py": script, "src/x/sibling.py": "", "src/top.py": "NAME = 'top'"})
    variables = {
        "AML_APP_ROOT": str(tmp_path),
        "AZUREML_SOURCE_DIRECTORY": "src",
        "AZUREML_ENTRY_SCRIPT": "src/./x/score.py",
        "AZUREML_MODEL_DIR": "azureml-models/m/1",
    }
    answer = serve(environment=variables).healthy().score("")
    assert answer.json() == ["top", None, "azureml-models/m/1", str(tmp_path) + "/src/./x/score.py"]


def test_files_in_the_app_root_shadow_neither_python_nor_the_server(serve: Serve, tmp_path: Any) -> None:
    """C-24: people have files of these names; theirs are importable where nothing else has the name."""
    broken = "raise RuntimeError('the wrong module')"
    names = ["logging", "socket", "signal", "asyncio", "server", "contract", "telemetry", "selectors", "argparse"]
    asset(tmp_path, {name + ".py": broken for name in names[:4] + names[7:]})
    mine = "NAME = 'mine'"
    asset(tmp_path, {"config.py": mine, "server.py": mine, "contract.py": mine, "main.py": mine})
    script = "import config, server, contract, main, logging\n" + ECHO.replace("return data", "return server.NAME")
    assert serve(script=script).healthy().score("").json() == "mine"


def test_without_an_entry_script_the_module_main_is_served(serve: Serve, tmp_path: Any) -> None:
    """Section 7.2."""
    asset(tmp_path, {"main.py": ECHO})
    assert serve().healthy().score("x").json() == "x"


def test_a_driver_has_its_init_called_and_its_scripts_run(serve: Serve) -> None:
    """E-13."""
    script = """
import types
driver_module = types.ModuleType("service_driver")
driver_module.run = lambda data: [data, STATE]
STATE = []

def init():
    STATE.append("driver's init")

def run(http_body, request_headers):
    raise AssertionError
"""
    assert serve(script=script).healthy().score("x").json() == ["x", ["driver's init"]]


def test_classes_of_the_script_can_be_pickled(serve: Serve) -> None:
    """The module is registered under its name."""
    script = ECHO.replace("return data", "return pickle.loads(pickle.dumps(Thing())).name") + "import pickle\n"
    script += "class Thing:\n    name = 'thing'\n"
    assert serve(script=script).healthy().score("").json() == "thing"


def test_the_body_of_a_main_guard_does_not_run(serve: Serve) -> None:
    """C-10."""
    script = ECHO + "if __name__ == '__main__':\n    raise RuntimeError\n"
    assert serve(script=script).healthy().score("x").status == 200


@pytest.mark.parametrize(
    "script, reason",
    [
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("raise SystemExit('not today')", "SystemExit: not today"),
        ("def run(data): pass", "does not define a function init()"),
        ("def init(): pass", "does not define a function run()"),
        (
            "def init(): pass\ndef run(*data): pass",
            "run() cannot accept positional-only arguments, *args, or **kwargs.",
        ),
        ("def init(): open('nothing')\ndef run(data): pass", "No such file or directory: 'nothing'"),
        ("def init(): raise SystemExit\ndef run(data): pass", "SystemExit"),
        ("def init(:", "SyntaxError"),
    ],
)
def test_a_script_that_cannot_start_ends_the_server_with_3(serve: Serve, script: str, reason: str) -> None:
    """E-1, E-3, E-6; the log says why."""
    server = serve(script=script)
    assert server.exit_code() == 3
    failed = server.logged(reason)
    assert failed["level"] == "ERROR" and "Traceback (most recent call last):\n" in failed["message"]


def test_a_missing_script_ends_the_server_with_3(serve: Serve, tmp_path: Any) -> None:
    """And its path stands in the log."""
    server = serve("--entry_script", "absent.py")
    assert server.exit_code() == 3
    assert server.logged(str(tmp_path / "absent.py"))


def test_after_a_failed_init_the_model_folder_is_listed(serve: Serve, tmp_path: Any) -> None:
    """E-3: 200 lines at most."""
    asset(tmp_path, {"models/m/1/deep/model.pkl": ""})
    asset(tmp_path, {f"models/m/1/many/{number:03d}": "" for number in range(300)})
    server = serve("--model_dir", "models/m/1", script="def init(): raise ValueError\ndef run(data): pass")
    assert server.exit_code() == 3
    lines = server.logged("Contents of AZUREML_MODEL_DIR (models/m/1)")["message"].splitlines()[1:]
    assert lines[:4] == ["1/", "    deep/", "        model.pkl", "    many/"]
    assert len(lines) == 201 and lines[-1] == "Output truncated. First 200 lines shown."


SCHEMA = """
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType

def init():
    pass

@input_schema("data", StandardPythonParameterType([1, 2]))
@input_schema("scale", StandardPythonParameterType(1))
@output_schema(StandardPythonParameterType([1]))
def run(data, request_headers, scale=10):
    return [value * scale for value in data] + [request_headers["X-A"]]
"""


def test_a_decorated_run_gets_its_arguments_from_an_object(serve: Serve) -> None:
    """Section 4.3, with the real inference-schema."""
    server = serve(script=SCHEMA).healthy()

    def post(body: Any, content_type: str = "application/json") -> Any:
        headers = {"Content-Type": content_type, "X-A": "a"}
        return server.request("POST", "/score", json.dumps(body).encode(), headers)

    assert post({"data": [1, 2], "scale": 3, "other": 0}).json() == [3, 6, "a"]
    assert post({"data": [1, 2]}).json() == [10, 20, "a"]
    assert post({"data": "text"}).status == 500
    assert post({}).json() == {"message": "A value is not provided for the 'data' parameter."}
    refused = post({"data": []}, "text/plain")
    assert (refused.status, refused.json()) == (415, {"message": "Expects Content-Type to be application/json"})


def test_a_run_past_its_time_is_interrupted(serve: Serve) -> None:
    """H-49; the next request is served by the same worker."""
    script = ECHO.replace("return data", "time.sleep(float(data)); return data") + "import time\n"
    server = serve(script=script, environment={"SCORING_TIMEOUT_MS": "200"}).healthy()
    answer = server.score("30")
    assert (answer.status, answer.json()) == (500, {"message": "Scoring timeout after 200 ms"})
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert server.score("0").json() == "0"
    assert len(server.worker_pids()) == 1
