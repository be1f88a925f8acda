"""A script of the Azure ML SDK v1, as people have them, with nothing changed but its import lines: it registers,
deploys to this machine, asks, updates, reloads, breaks, and cleans up.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live import Live, live

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]

SCRIPT = """
import json

from azureml.core import Environment, Model, Webservice, Workspace
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.compute import AksCompute
from azureml.core.exceptions import WebserviceException
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AciWebservice, AksWebservice, LocalWebservice

notes = {}


def note(name, value):
    notes[name] = value


def refused(name, call):
    try:
        note(name, ["not refused", str(call())])
    except (WebserviceException, NotImplementedError) as error:
        note(name, [type(error).__name__, getattr(error, "message", str(error))])


ws = Workspace(subscription_id="sub", resource_group="rg", workspace_name="myws")
print(ws.name, ws.resource_group, ws.location, ws.subscription_id, sep="\\n")
model = Model.register(workspace=ws, model_path="./offset.txt", model_name="offset", tags={"area": "sums"})
note("registered", [model.name, model.id, model.version])

env = Environment(name="project_environment")
env.environment_variables = {"GREETING": "hello"}
inference_config = InferenceConfig(environment=env, source_directory="./source_dir", entry_script="./score.py")
deployment_config = LocalWebservice.deploy_configuration()
service = Model.deploy(ws, "myservice", [model], inference_config, deployment_config, overwrite=True)
note("state at once", service.state)
broken = InferenceConfig(environment=env, source_directory="./source_dir", entry_script="broken_score.py")
failing = Model.deploy(ws, "broken", [model], broken, LocalWebservice.deploy_configuration())
service.wait_for_deployment(show_output=True)
note("state", service.state)
note("logs", service.get_logs())
note("uris", [service.scoring_uri, service.swagger_uri, service.port])
note("text", service.run(json.dumps({"data": [1, 2]})))
note("bytes", service.run(input_data=bytes(json.dumps({"data": [3]}), encoding="utf8")))
refused("failing request", lambda: service.run("not json"))
refused("keys", service.get_keys)
refused("once more", lambda: Model.deploy(ws, "myservice", [model], inference_config, deployment_config))
aci_config = AciWebservice.deploy_configuration(cpu_cores=0.5, memory_gb=1)
refused("aci", lambda: Model.deploy(ws, "aci", [model], inference_config, aci_config))
refused("cloud", lambda: service.deploy_to_cloud("cloud", aci_config))
refused("aks", lambda: Model.deploy(ws, "aks", [model], inference_config, AksWebservice.deploy_configuration(),
                                    deployment_target=AksCompute(ws, "myaks")))

again = Webservice(workspace=ws, name="myservice")
note("again", [type(again).__name__, again.state, again.compute_type, [each.id for each in again.models]])
again.add_tags({"stage": "trial"})
again.update(description="adds")
note("said", [again.tags, again.description])

with open("offset.txt", "w") as file:
    file.write("20")
newer = Model.register(ws, "offset.txt", "offset")
again.update(models=[newer])
note("while updating", [again.state, service.run('{"data": [1]}')])
again.wait_for_deployment()
note("updated", [again.state, again.run(input='{"data": [1]}'), [each.id for each in again.models], again.tags])

with open("source_dir/score.py", "a") as file:
    file.write("\\nGREETING = 'reloaded'\\n")
again.reload(wait=True)
note("reloaded", again.run('{"data": [1]}'))
refused("used model", newer.delete)

refused("broken", failing.wait_for_deployment)
note("broken state", failing.state)
found = ws.webservices["broken"]
note("broken found", [found.state, found.error, found.get_logs() == failing.get_logs()])
note("broken logs", failing.get_logs())
refused("broken run", lambda: failing.run("{}"))
failing.delete()
refused("broken by name", lambda: Webservice(ws, "broken"))

note("serialized", service.serialize())
note("listed", [[each.name, each.state] for each in Webservice.list(ws)])
service.delete()
note("deleted", service.state)
refused("run after delete", lambda: service.run("{}"))
refused("gone", lambda: Webservice(ws, "myservice"))
newer.delete()
note("models left", [each.id for each in Model.list(ws)])
with open("notes.json", "w") as file:
    json.dump(notes, file)
"""

SCORE = """
import json
import os

GREETING = os.environ["GREETING"]


def init():
    global offset
    print("This is init")
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "offset.txt")) as file:
        offset = int(file.read())


def run(data):
    return [GREETING] + [value + offset for value in json.loads(data)["data"]]
"""


BROKEN = """
def init():
    raise ValueError("the model is broken")


def run(data):
    return data
"""


@dataclass(frozen=True)
class Ran:
    """`notes` is what the script wrote down, `shop` where it ran."""

    shop: Live
    output: str
    errors: str
    notes: dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "source_dir").mkdir()
    (folder / "source_dir" / "score.py").write_text(SCORE)
    (folder / "source_dir" / "broken_score.py").write_text(BROKEN)
    (folder / "offset.txt").write_text("10")
    (folder / "deploy.py").write_text(SCRIPT.replace("azureml.core", "shipway.azureml"))
    nowhere = f"unix://{folder}/no-engine"  # so that services are processes, with or without an engine on the machine
    with live(folder, DOCKER_HOST=nowhere, XDG_CONFIG_HOME=str(folder / "config")) as shop:
        done = subprocess.run(
            [sys.executable, "deploy.py"], cwd=folder, env={**shop.environment}, capture_output=True, text=True,
            check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield Ran(shop, done.stdout, done.stderr, json.loads((folder / "notes.json").read_text()))


def test_a_model_is_registered_and_a_service_comes_up_while_the_script_waits(ran: Ran) -> None:
    assert ran.notes["registered"] == ["offset", "offset:1", 1]
    assert ran.notes["state at once"] == "deploying"
    assert ran.notes["state"] == "running"
    uri, swagger, port = ran.notes["uris"]
    assert (uri, swagger) == (f"http://localhost:{port}/score", f"http://localhost:{port}/swagger.json")
    assert f"Local webservice is running at {uri}" in ran.output
    assert ran.output.startswith("myws\nrg\nlocal\nsub\nRegistering model offset\n")
    assert "workspace myws is file://" in ran.errors


def test_it_answers_text_and_bytes_with_what_the_script_returned(ran: Ran) -> None:
    assert ran.notes["text"] == ["hello", 11, 12]
    assert ran.notes["bytes"] == ["hello", 13]
    assert "This is init" in ran.notes["logs"]


def test_any_answer_but_200_is_an_exception_with_code_headers_and_content(ran: Ran) -> None:
    kind, text = ran.notes["failing request"]
    assert kind == "WebserviceException"
    assert "Error: Scoring was unsuccessful." in text
    assert "Response Code: 500\nHeaders: {" in text
    assert "\nContent: {" in text


def test_a_service_that_is_there_is_not_replaced_unless_that_is_said(ran: Ran) -> None:
    kind, text = ran.notes["once more"]
    assert kind == "WebserviceException"
    assert text.startswith("service myservice exists already")
    assert "overwrite=True" in text


@pytest.mark.parametrize(("service", "target"), [("aci", "aci"), ("cloud", "aci"), ("aks", "aks")])
def test_a_target_that_is_not_there_yet_is_refused_with_the_plan(ran: Ran, service: str, target: str) -> None:
    kind, text = ran.notes[service]
    assert kind == "WebserviceException"
    assert text.startswith(f"target {target} is not there yet: nothing was registered or deployed;")
    assert f"The plan for service {service}:\n  register_model" in text
    wanted = {
        "aci": "aci: 0.5 cores, 1 GB",
        "cloud": "aci: 0.5 cores, 1 GB",
        "aks": "aks: 0.1 cores, 0.5 GB, 1 to 10 replicas, keys, cluster myaks",
    }
    assert wanted[service] in text


def test_keys_of_a_local_service_are_not_implemented_as_in_v1(ran: Ran) -> None:
    kind, text = ran.notes["keys"]
    assert kind == "NotImplementedError"
    assert text == (
        "LocalWebservice.get_keys(): a local service has neither keys nor tokens, as in v1; whoever reaches its port "
        "may call it, and only this machine does"
    )


def test_another_handle_finds_it_and_says_more_of_it(ran: Ran) -> None:
    assert ran.notes["again"] == ["LocalWebservice", "running", "Local", ["offset:1"]]
    assert ran.notes["said"] == [{"stage": "trial"}, "adds"]


def test_new_models_keep_the_inference_config_and_what_serves_goes_on_serving_meanwhile(ran: Ran) -> None:
    assert ran.notes["while updating"] == ["deploying", ["hello", 11]]
    assert ran.notes["updated"] == ["running", ["hello", 21], ["offset:2"], {"stage": "trial"}]


def test_a_reload_reads_the_script_again(ran: Ran) -> None:
    assert ran.notes["reloaded"] == ["reloaded", 21]


def test_a_model_in_service_cannot_be_deleted(ran: Ran) -> None:
    kind, text = ran.notes["used model"]
    assert kind == "WebserviceException"
    assert text.startswith("model offset:2 is in use by service myservice")


def test_a_script_whose_init_fails_ends_the_wait_with_its_reason(ran: Ran) -> None:
    kind, text = ran.notes["broken"]
    assert kind == "WebserviceException"
    assert "terminal state, current service state: failed" in text
    assert "ValueError: the model is broken" in text
    assert ".get_logs()" in text
    assert ran.notes["broken state"] == "failed"
    assert ran.notes["broken found"] == ["failed", text_of_error(text), True]
    assert 'broken_score.py", line 3, in init' in ran.notes["broken logs"]
    assert "ValueError: the model is broken" in ran.notes["broken logs"]
    assert ran.notes["broken run"][1].startswith("Cannot call run() when service is failed.")
    assert "WebserviceNotFound" in ran.notes["broken by name"][1]


def text_of_error(said: str) -> str:
    """v1's error, a JSON object at the end of the exception's text."""
    return str(json.loads(said.partition("\nError:\n")[2])["message"])


def test_serialize_has_v1s_keys(ran: Ran) -> None:
    document = ran.notes["serialized"]
    assert {
        "name", "tags", "properties", "state", "createdTime", "updatedTime", "error", "computeType", "workspaceName",
        "imageId", "scoringUri", "swaggerUri", "port",
    } <= set(document)  # fmt: skip
    assert (document["name"], document["computeType"], document["workspaceName"]) == ("myservice", "Local", "myws")
    assert ran.notes["listed"] == [["myservice", "running"]]


def test_what_was_deleted_is_gone_and_says_so(ran: Ran) -> None:
    assert ran.notes["deleted"] == "deleted"
    assert ran.notes["run after delete"] == ["WebserviceException", "Cannot call run() when service is deleted."]
    kind, text = ran.notes["gone"]
    assert kind == "WebserviceException"
    assert text.startswith("WebserviceNotFound: Webservice with name myservice not found in workspace myws")
    assert ran.notes["models left"] == ["offset:1"]


def test_the_command_line_has_seen_it_all(ran: Ran) -> None:
    assert ran.shop.document("service", "list") == []
    events = [entry["event"] for entry in ran.shop.document("service", "history", "-n", "myservice")]
    assert events == ["promoted", "promoted", "promoted", "retired"]
    phases = {report["release"].rpartition("-")[0]: report["phase"] for report in ran.shop.document("release", "list")}
    assert phases == {"myservice": "promoted", "broken": "refused"}
