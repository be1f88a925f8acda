"""shipway model check, as a person types it: assets of v1's shape, a folder of tiny wheels for an index."""

import json
import platform
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from shipway.domain.model import RunFacts
from shipway.registry.models import Registry
from shipway.store.workspace import open_workspace
from tests.unit.cli.conftest import Said, Shipway
from tests.unit.image.packages.test_resolve import write_source
from tests.unit.image.wheels import write_wheel

OWN = ".".join(platform.python_version_tuple()[:2])
SCRIPT = "import json\nimport nltk\n\ndef init():\n    pass\n\n\ndef run(raw_data):\n    return raw_data\n"
Check = Callable[..., Said]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def wheels(tmp_path: Path) -> Iterator[list[str]]:
    """Lines of a pip list that make a folder the only index there is. Conda files may name no folder of a machine."""
    folder = tmp_path / "wheels"
    for name, version in (("httptools", "1.0"), ("werkzeug", "1.0"), ("nltk", "3.6"), ("numpy", "1.24.1")):
        write_wheel(folder, name, version)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield ["--no-index", f"--find-links http://127.0.0.1:{server.server_port}/"]
        server.shutdown()
        thread.join()


@pytest.fixture
def asset(folder: Path, wheels: list[str]) -> Callable[..., None]:
    """Writes an asset: its script, its pip list, and further keys of its inference config."""

    def write(script: str | bytes = SCRIPT, *pip: str, python: str = OWN, **keys: Any) -> None:
        source = folder / "src"
        source.mkdir(exist_ok=True)
        (source / "score.py").write_bytes(script if isinstance(script, bytes) else script.encode())
        conda = {"dependencies": [f"python={python}", {"pip": ["azureml-defaults", *wheels, *(pip or ["nltk==3.6"])]}]}
        environment = {"name": "mine", "python": {"condaDependencies": conda}}
        config = {"entryScript": "score.py", "sourceDirectory": "src", "environment": environment, **keys}
        (folder / "ic.json").write_text(json.dumps(config))
        (folder / "dc.json").write_text('{"computeType": "local", "port": 32267}')

    return write


@pytest.fixture
def check(shipway: Shipway, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.setenv("COLUMNS", "100")

    def run(*more: str) -> Said:
        return shipway("model", "check", "-ic", "ic.json", "--target", "process", *more)

    return run


def told(said: Said) -> list[tuple[str, str, str]]:
    """Area, severity and line of each finding."""
    found = said.document["findings"]
    return [(f["area"], f["severity"], f"{f['place']}: {f['message']}" if f["place"] else f["message"]) for f in found]


def faults(said: Said) -> list[str]:
    assert said.code == 1
    assert said.document["verdict"] == "no"
    return list(said.document["why"])


def test_an_asset_that_is_as_it_should_be_gets_a_yes(asset: Callable[..., None], check: Check, folder: Path) -> None:
    asset()
    said = check("-dc", "dc.json")
    assert said.code == 0
    assert "packages resolved for Python" in said.err  # while one waits
    assert said.out.splitlines() == [
        f"python        ok  {platform.python_version()} (the asset pins {OWN})",
        "environment    -  azureml-defaults only carried Microsoft's server; Shipway's own stands for it",
        f"              ok  3 packages resolved for Python {platform.python_version()}",
        "imports       ok  2 modules imported by score.py; none is known to be missing",
        f"script        ok  score.py parses on Python {platform.python_version()} and defines init() and run()",
        "target        ok  process",
        "",
        "yes",
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["dc.json", "ic.json", "src"]


def test_programs_get_the_same_as_json(asset: Callable[..., None], check: Check) -> None:
    asset(SCRIPT.replace("nltk", "cv2"), "nltk")
    said = check("-o", "json")
    document = said.document
    assert document["verdict"] == "no"
    assert document["why"] == ["score.py:2: cv2 is not in the environment: add opencv-python-headless to it"]
    assert document["differences"] == [
        "versions left open: nltk 3.6: the newest that fit today; --as-of DATE takes those of a day",
    ]
    assert document["python"] == platform.python_version()
    assert document["packages"] == ["nltk==3.6", "httptools==1.0", "werkzeug==1.0"]
    assert {"area", "severity", "place", "message", "details"} == set(document["findings"][0])


def test_differences_are_marked_counted_and_no_failure(asset: Callable[..., None], check: Check) -> None:
    script = SCRIPT.replace("pass", "np.asscalar(1)").replace("nltk", "numpy as np")
    asset(script, "numpy==1.24.1")
    said = check()
    assert said.code == 0
    assert said.out.splitlines()[-1] == "yes, with differences (1, marked ~)"
    assert " ~  score.py:5: numpy 1.24.1 has no numpy.asscalar any more; " in said.out


def test_one_fault_hides_no_other(asset: Callable[..., None], check: Check, folder: Path) -> None:
    asset(SCRIPT.replace("run(raw_data)", "run()"), "numpy==99", python="3.99.1", baseImages="x")
    (folder / "dc.json").write_text('{"computeType": "local", "port": 99999}')
    said = check("-dc", "dc.json", "-o", "json")
    (port, python, *rest) = faults(said)
    assert port.startswith("dc.json:1: port: ")
    assert python == "the environment pins Python 3.99.1, which is no version that there is; write one such as 3.11"
    assert "score.py:8: run() has no parameter for the request; write run(data)" in rest
    assert any("baseImages" in line for area, _, line in told(said) if area == "config")


def test_pins_that_do_not_resolve_are_named_and_the_script_is_still_read(
    asset: Callable[..., None], check: Check
) -> None:
    asset("import nowhere_known, pandas\nfrom . import helper\n" + SCRIPT, "numpy==99")
    said = check("-o", "json")
    pins, relative = faults(said)
    assert pins.startswith("environment 'mine' cannot be resolved for Python ")
    assert "numpy==99" in pins
    assert relative.startswith("score.py:2: a relative import works inside a package only")
    assert [line for area, _, line in told(said) if area == "imports"] == [relative]
    plain = check()
    assert "s  looking for the smallest change that mends the environment, for 30 s at most\n" in plain.err
    shown = plain.out.splitlines()
    assert max(map(len, shown[:-1])) <= 100 < len(shown[-1]) <= 200
    assert sum("cannot be resolved" in line for line in shown) == 2  # as a finding, and its beginning as the verdict
    assert any("no change of pins is proposed: nothing that is known to help does" in line for line in shown)
    assert shown[-1].endswith(" ... (and 1 more, marked !)")


def test_an_index_that_does_not_answer_is_a_difference(
    asset: Callable[..., None], check: Check, wheels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    wheels[:] = ["--index-url http://127.0.0.1:9/simple"]
    asset()
    said = check("-o", "json")
    assert said.document["verdict"] == "yes, with differences"
    (difference,) = said.document["differences"]
    assert difference.startswith("the packages could not be looked up, so nothing is known of them: ")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"import json\nprint 'x'\n", "the entry script does not parse"),
        ("import json\ndef init(): pass\ndef run(a): pass\n".encode("utf-16"), "does not parse"),
        (bytes(range(256)) * 10, "is a binary file"),
        (b"(" * 100_000, "too many nested parentheses"),
    ],
)
def test_scripts_that_are_no_python_are_told(
    asset: Callable[..., None], check: Check, content: bytes, fault: str
) -> None:
    asset(content)
    said = check("-o", "json")
    assert any(fault in line and "score.py" in line for line in faults(said))


def test_a_script_of_a_megabyte_is_read(asset: Callable[..., None], check: Check) -> None:
    asset(SCRIPT + "TABLE = [\n" + "    'some text that stands for a weight',\n" * 24_000 + "]\n")
    assert check("-o", "json").document["verdict"] == "yes"


def test_names_that_the_packages_have_no_more_are_told_alike_before_a_release_and_are_mended_with_relax(
    asset: Callable[..., None], check: Check, shipway: Shipway, tmp_path: Path
) -> None:
    for version, brings in (("0.22.1", "sklearn/externals/joblib.py"), ("0.24.2", "sklearn/utils.py")):
        write_wheel(tmp_path / "wheels", "scikit_learn", version)
        with zipfile.ZipFile(tmp_path / "wheels" / f"scikit_learn-{version}-py3-none-any.whl", "a") as wheel:
            wheel.writestr(brings, "")
    asset("from sklearn.externals import joblib\n" + SCRIPT.replace("import nltk\n", ""), "scikit-learn")
    shipway("init", "--no-example")
    deploy = ("model", "deploy", "-n", "mine", "-ic", "ic.json", "-ct", "process", "--dry-run")
    change = ["- scikit-learn", "+ scikit-learn<0.23  # scikit-learn 0.23 took away sklearn.externals.joblib"]
    said = check("-o", "json")
    (fault,) = faults(said)
    assert fault.startswith("score.py:1: scikit-learn 0.24.2 has no sklearn.externals.joblib any more: pin scikit-")
    assert change in [finding["details"] for finding in said.document["findings"]]
    refused = shipway(*deploy)
    assert refused.code != 0
    assert fault in refused.err
    assert "\n".join(f"  {line}" for line in change) in refused.err
    assert check("--relax", "-o", "json").document["packages"][0] == "scikit-learn==0.22.1"
    relaxed = shipway(*deploy, "--relax")
    assert relaxed.code == 0, relaxed.err
    assert "scikit-learn became scikit-learn<0.23: " in relaxed.err


def test_a_script_that_the_server_does_not_start_with_is_refused_before_a_release(
    asset: Callable[..., None], shipway: Shipway
) -> None:
    asset(SCRIPT.replace("run(raw_data)", "run()"))
    shipway("init", "--no-example")
    said = shipway("model", "deploy", "-n", "mine", "-ic", "ic.json", "-ct", "process", "--dry-run")
    assert said.code != 0
    assert "score.py:8: run() has no parameter for the request; write run(data)" in said.err


def test_a_search_for_pins_tells_what_it_tries_to_whoever_waits_for_a_check_or_a_plan(
    asset: Callable[..., None], check: Check, shipway: Shipway, tmp_path: Path
) -> None:
    for name, version, requires in (("alpha", "2.0", ()), ("alpha", "1.0", ()), ("beta", "1.0", ("alpha<2",))):
        write_wheel(tmp_path / "wheels", name, version, requires=requires)
    asset(SCRIPT, "nltk", "alpha==2.0", "beta==1.0")
    shipway("init", "--no-example")
    for said in (check(), shipway("model", "deploy", "-n", "mine", "-ic", "ic.json", "-ct", "process", "--dry-run")):
        assert said.code == 1
        assert " s  looking for the smallest change that mends the environment, for " in said.err
        assert " s  tried alpha==2.0 -> alpha: works\n" in said.err


def test_a_script_without_init_and_run_is_called_a_job(asset: Callable[..., None], check: Check) -> None:
    asset("import argparse\nprint('training')\n")
    (fault,) = faults(check("-o", "json"))
    assert fault.startswith("score.py: this is a job or training script, not an entry script")


def test_a_batch_script_is_called_one(asset: Callable[..., None], check: Check) -> None:
    asset("def init(): pass\ndef run(mini_batch): return []\n")
    (fault,) = faults(check("-o", "json"))
    assert fault.startswith("score.py: this is a batch script (ParallelRunStep)")


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        (".", "", ".: is a folder; name a file"),
        ("absent.json", "", "absent.json: no such file"),
        ("Dockerfile", "FROM x\n", "Dockerfile: this is a Dockerfile: "),
        ("ic.json", '{"computeType": "local"}', "ic.json: is a deployment config"),
        ("ic.yml", "name: blue\nendpoint_name: mine\n", "ic.yml: this is a file of Azure ML v2"),
        ("ic.json", '{"entryScript": "score.R", "sourceDirectory": "."}', "ic.json: this is an entry script in R"),
        ("ic.json", '{"entryScript": "scores.py"}', "ic.json:1: entryScript: no such file: "),
        ("ic.json", "{", "ic.json:1: not valid JSON"),
    ],
)
def test_what_is_no_inference_config_is_told(
    shipway: Shipway, folder: Path, name: str, content: str, fault: str
) -> None:
    if content:
        (folder / name).write_text(content)
    said = shipway("model", "check", "-ic", name, "-o", "json")
    assert any(line.startswith(fault) for line in faults(said)), said.document["why"]


def test_without_any_config_it_says_what_to_name(shipway: Shipway) -> None:
    said = shipway("model", "check", "-o", "json")
    assert faults(said) == ["no inference config was named: give -ic FILE, or the script with --es"]


def test_without_code_one_onnx_model_is_served_by_itself(shipway: Shipway, folder: Path, model: Path) -> None:
    words = ("model", "check", "--target", "process", "-o", "json")
    said = shipway(*words, "-m", "digits.onnx")
    assert said.document["verdict"] == "yes"
    assert told(said)[0] == ("config", "ok", "without a script: the scoring server serves digits.onnx by itself")
    (folder / "model.pkl").write_text("x")
    how = "give -ic FILE with a script, or one model that holds exactly one .onnx file"
    assert faults(shipway(*words, "-m", "model.pkl")) == [
        f"no inference config was named, and model.pkl is no ONNX model: {how}"
    ]
    assert faults(shipway(*words, "-m", "digits.onnx", "-m", "model.pkl")) == [
        f"no inference config was named, and 2 models cannot be served without code: {how}"
    ]
    shipway("init", "--no-example")
    shipway("model", "register", "-n", "digits", "-p", str(model), "--model-framework", "Onnx")
    assert shipway(*words, "-m", "digits:1").document["verdict"] == "yes"


def test_each_fault_of_a_config_is_a_finding(asset: Callable[..., None], check: Check, folder: Path) -> None:
    asset()
    (folder / "dc.json").write_text(
        '{"computeType": "AKS", "numReplicas": 0, "authEnabled": true, "tokenAuthEnabled": true}'
    )
    replicas, tokens = faults(check("-dc", "dc.json", "-o", "json"))
    assert replicas.startswith("dc.json:1: numReplicas")
    assert tokens.startswith("dc.json:1: tokenAuthEnabled")


def test_packages_of_conda_are_docker_s_alone(asset: Callable[..., None], check: Check, folder: Path) -> None:
    asset()
    config = json.loads((folder / "ic.json").read_text())
    config["environment"]["python"]["condaDependencies"]["dependencies"].append("gdal=3.4")
    (folder / "ic.json").write_text(json.dumps(config))
    said = check("-o", "json", "--target", "docker")
    assert not any(severity == "fault" and area == "environment" for area, severity, _ in told(said))
    assert any("only conda has gdal=3.4" in fault for fault in faults(check("-o", "json")))


def test_a_script_that_is_misspelt_leaves_its_environment_to_be_looked_at(
    asset: Callable[..., None], check: Check
) -> None:
    asset(SCRIPT, "numpy==99", entryScript="scores.py")
    script, pins = faults(check("-o", "json"))
    assert script.startswith("ic.json:1: entryScript: no such file: ")
    assert "numpy==99" in pins


def test_of_an_environment_that_cannot_be_read_neither_python_nor_packages_are_judged(
    asset: Callable[..., None], check: Check, folder: Path
) -> None:
    asset(SCRIPT.replace("import nltk", "print 'x'"))
    (folder / "src" / "env.yml").write_text("dependencies:\n  - python=3.6.2\n  - numpy: 1.16.2\n")
    (folder / "ic.json").write_text('{"entryScript": "score.py", "sourceDirectory": "src", "condaFile": "env.yml"}')
    said = check("-o", "json", "--target", "docker")
    (fault,) = faults(said)
    assert "env.yml:3: dependencies/1/numpy: is no package: write numpy=1.16.2" in fault
    lines = {area: line for area, _, line in told(said) if area != "script"}
    assert lines["python"] == lines["environment"] == "not judged: the environment cannot be read"
    assert "base image" not in lines
    assert said.document["python"] is None
    assert [severity for area, severity, _ in told(said) if area == "script"] == ["difference"]


def test_clouds_are_not_there_yet_and_a_local_target_in_their_place_tells_what_it_lacks(
    asset: Callable[..., None], shipway: Shipway, folder: Path
) -> None:
    asset()
    (folder / "dc.json").write_text('{"computeType": "ACI", "authEnabled": true, "dnsNameLabel": "x"}')
    words = ("model", "check", "-ic", "ic.json", "-dc", "dc.json", "-o", "json")
    assert faults(shipway(*words)) == [
        (
            "target aci is not there yet: its config is checked, and nothing can be released to it; --target docker "
            "runs the same assets here"
        )
    ]
    said = shipway(*words, "--target", "process")
    assert said.document["differences"] == [
        "process in place of aci, which is not there yet",
        (
            "process does not do what the config asks for: keys or tokens (authEnabled, tokenAuthEnabled); a network "
            "of Azure's (vnetName, dnsNameLabel)"
        ),
    ]
    assert said.code == 0


def test_a_target_that_is_none_is_named(asset: Callable[..., None], shipway: Shipway) -> None:
    asset()
    said = shipway("model", "check", "-ic", "ic.json", "--target", "myaks", "-o", "json")
    assert any("'myaks'" in fault for fault in faults(said))


def test_models_are_looked_up_where_there_is_a_workspace(
    asset: Callable[..., None], check: Check, shipway: Shipway, folder: Path, model: Path
) -> None:
    asset(SCRIPT.replace("pass", "Model.get_model_path('digits')"))
    lines = [line for area, _, line in told(check("-m", "digits:1", "-o", "json")) if area == "models"]
    assert lines == ["digits:1 cannot be looked up without a workspace: make one with `shipway init`, or name one"]
    shipway("init", "--no-example")
    (fault,) = faults(check("-m", "digits:1", "-o", "json"))
    assert "digits" in fault
    shipway("model", "register", "-n", "digits", "-p", str(model))
    shipway("model", "register", "-n", "other", "-p", str(model))
    assert [line for area, _, line in told(check("-m", "digits:1", "-o", "json")) if area == "models"] == [
        "digits:1, 7 bytes"
    ]
    differences = check("-m", "other:1", "-o", "json").document["differences"]
    assert differences == ["line 5 of the script asks for model 'digits', which is none of other"]


def test_names_of_azure_ml_beyond_the_stand_ins_bring_the_real_package_and_say_why(
    asset: Callable[..., None], check: Check, tmp_path: Path
) -> None:
    write_wheel(tmp_path / "wheels", "azureml_core", "1.33.2", requires=("nltk",))
    asset("from azureml.core import LinkedService\n" + SCRIPT)
    said = check("-o", "json")
    assert said.document["verdict"] == "yes"
    assert "azureml-core==1.33.2" in said.document["packages"]
    assert (
        "environment",
        "note",
        (
            "azureml-core is added: score.py:1 imports LinkedService of azureml.core, for which there is no stand-in: "
            "the real package is taken"
        ),
    ) in told(said)


def test_what_has_no_wheel_is_told_to_be_built_from_source_and_differs_in_nothing(
    asset: Callable[..., None], check: Check, tmp_path: Path
) -> None:
    write_source(tmp_path / "wheels", "pure")
    asset(SCRIPT, "nltk==3.6", "pure==1.0")
    said = check("-o", "json")
    assert ("environment", "note", "built from source, having no wheel: pure") in told(said)
    assert said.document["verdict"] == "yes"


def test_the_day_of_the_last_commit_is_that_of_unpinned_packages(
    asset: Callable[..., None], check: Check, folder: Path
) -> None:
    asset(SCRIPT, "nltk")
    who = ("-c", "user.name=x", "-c", "user.email=x")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "x", "--date", "2021-05-06T12:00:00Z")):
        environment = {"GIT_COMMITTER_DATE": "2021-05-06T12:00:00Z", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
        subprocess.run(["git", *words], cwd=folder, check=True, env=environment)
    lines = [line for area, _, line in told(check("-o", "json")) if area == "environment"]
    assert any("2021-05-06" in line for line in lines), lines


def test_the_day_of_a_model_s_run_is_that_of_unpinned_packages_and_a_day_that_is_asked_for_wins(
    asset: Callable[..., None], check: Check, workspace: Path, model: Path
) -> None:
    asset(SCRIPT, "nltk")
    registry = Registry(open_workspace(workspace))
    for name, day in (("early", 1), ("late", 2)):
        run = RunFacts(run_id=name, experiment="e", ended_at=datetime(2021, 3, day, 23, tzinfo=UTC))
        registry.register_path(model, name=name, now=datetime(2022, 1, 1, tzinfo=UTC), run=run)
    named = ("-m", "late:1", "-m", "early:1", "-o", "json")
    for more, day in (((), "2021-03-02"), (("--as-of", "2020-07-08"), "2020-07-08")):
        lines = [line for area, _, line in told(check(*named, *more)) if area == "environment"]
        assert [line for line in lines if day in line], lines
        assert "2021-03" not in " ".join(lines).replace(day, "")


def test_a_day_that_is_none_is_a_usage_error(shipway: Shipway) -> None:
    said = shipway("model", "check", "--as-of", "yesterday")
    assert said.code == 2
    assert "argument --as-of: expected a day such as 2021-03-01, not 'yesterday'" in said.error


def test_without_the_assets_python_docker_may_have_it_and_process_has_not(
    asset: Callable[..., None], check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on a machine without pyenv, uv's Pythons and others on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    asset(SCRIPT, python="3.6.2")
    (fault,) = faults(check("-o", "json"))
    assert fault.startswith("the environment pins Python 3.6.2, and there is none here (found ")
    assert "pyenv install 3.6" in fault
    pythons = [line for area, _, line in told(check("--target", "docker", "-o", "json")) if area == "python"]
    assert pythons == ["3.6 in the base image (the asset pins 3.6.2); this machine has none"]


def test_what_the_process_target_cannot_do_for_an_environment_is_a_fault(
    asset: Callable[..., None], check: Check, folder: Path
) -> None:
    asset()
    config = json.loads((folder / "ic.json").read_text())
    config["environment"]["docker"] = {"baseImage": "somebody/base:1"}
    (folder / "ic.json").write_text(json.dumps(config))
    (fault,) = faults(check("-o", "json"))
    assert fault.startswith("environment 'mine': the process target has no base images")


def test_a_python_of_the_users_choice_that_does_not_fit_is_told(asset: Callable[..., None], check: Check) -> None:
    asset()
    said = check("--python", "/bin/true", "-o", "json")
    assert "--python /bin/true does not start as a Python; name the path of an interpreter" in faults(said)
