# ruff: noqa: E501 - tables of messages, a line each
from pathlib import Path

import pytest

from shipway.config.release_file import load_release_file
from shipway.domain.image import ImageConfig
from shipway.domain.release import ErrorLimit, LatencyLimit, ModelSource, TrafficStep
from shipway.domain.service import DeploymentConfig, GatewayConfig
from shipway.errors import ConfigError

FULL = """\
service: digits
models:
  - name: digits
    path: model.onnx
    tags: {area: reading}
    properties: {from: lab}
    description: reads digits
    framework: Onnx
    framework_version: "1.20"
  - name: other
    version: 3
  - name: newest
inference:
  entryScript: score.py
  sourceDirectory: src
deployment: {computeType: local, port: 8890}
targets: [process]
verification:
  golden: golden.jsonl
  suite: suite.json
  load: {requests: 50, concurrency: 4}
  limits:
    latency_p95: {floor_ms: 100, factor: 3}
    errors: {floor_pct: 1, factor: 2}
    min_agreement_pct: 80
traffic:
  - {weight: 10, bake_s: 2}
  - {weight: 50, bake_s: 0.5}
gateway: {max_queue: 10, timeout_ms: 1000}
notes: the first
"""


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load_release_file(path)
    return str(error.value)


def rewritten(project: Path, old: str, new: str) -> Path:
    """The release file with one change, named as a user in that folder would."""
    path = project / "release.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Path("release.yaml")


@pytest.fixture
def full(project: Path) -> Path:
    (project / "golden.jsonl").write_text('{"request": 1, "expected": 1}\n')
    (project / "suite.json").write_text('{"name": "s", "expectations": []}')
    (project / "release.yaml").write_text(FULL)
    return project


def test_the_shortest_release_file_has_every_default(project: Path) -> None:
    loaded = load_release_file(Path("release.yaml"))
    config = loaded.value
    assert loaded.warnings == ()
    assert config.models == (ModelSource(name="digits", path=str(project / "model.onnx")),)
    assert config.inference.source_directory == str(project / "src")
    assert config.deployment == DeploymentConfig()
    assert config.targets == ("process",)
    assert config.traffic == (TrafficStep(weight=10, bake_s=5.0),)
    assert config.gateway == GatewayConfig()
    assert config.verification.golden is None
    assert config.verification.limits.latency_p95 == LatencyLimit()


def test_every_key_arrives(full: Path) -> None:
    config = load_release_file(Path("release.yaml")).value
    assert config.models == (
        ModelSource(
            name="digits",
            path=str(full / "model.onnx"),
            tags={"area": "reading"},
            properties={"from": "lab"},
            description="reads digits",
            framework="Onnx",
            framework_version="1.20",
        ),
        ModelSource(name="other", version=3),
        ModelSource(name="newest"),
    )
    assert config.inference.entry_script == "score.py"
    assert config.deployment.port == 8890
    assert config.verification.golden == str(full / "golden.jsonl")
    assert config.verification.suite == str(full / "suite.json")
    assert (config.verification.load.requests, config.verification.load.concurrency) == (50, 4)
    assert config.verification.limits.latency_p95 == LatencyLimit(floor_ms=100.0, factor=3.0)
    assert config.verification.limits.errors == ErrorLimit(floor_pct=1.0, factor=2.0)
    assert config.verification.limits.min_agreement_pct == 80.0
    assert config.traffic == (TrafficStep(weight=10, bake_s=2.0), TrafficStep(weight=50, bake_s=0.5))
    assert config.gateway == GatewayConfig(max_queue=10, timeout_ms=1000)
    assert config.notes == "the first"


def test_how_the_image_is_made_and_tried_arrives(full: Path) -> None:
    more = "image: {base: 'python:3.9-slim', registry: 'registry.example:5000/team'}\n"
    path = rewritten(full, "notes: the first\n", more)
    rewritten(full, "  golden: golden.jsonl\n", "  golden: golden.jsonl\n  smoke: {load_s: 60}\n")
    config = load_release_file(path).value
    assert config.image == ImageConfig(base="python:3.9-slim", registry="registry.example:5000/team")
    assert config.verification.smoke.load_s == 60.0


def test_resources_that_a_target_cannot_hold_to_are_said(full: Path) -> None:
    (full / "deploymentconfig.json").write_text(
        '{"computeType": "local", "port": 8890, "containerResourceRequirements": {"memoryInGB": 1}}'
    )
    path = rewritten(full, "notes: the first\n", "")
    named = [line for line in FULL.splitlines() if line.startswith("deployment:")]
    rewritten(full, named[0], "deployment: deploymentconfig.json")
    assert load_release_file(path).warnings == (
        "release.yaml: deployment/containerResourceRequirements: the process target limits nothing; docker does",
    )


@pytest.mark.parametrize(("password", "warnings"), [("hunter2", 1), ("${INDEX_PASSWORD}", 0)])
def test_a_password_among_the_requirements_is_warned_of(full: Path, password: str, warnings: int) -> None:
    index = f"--index-url https://ada:{password}@index.example/simple"
    (full / "src" / "conda.yml").write_text(f"name: mine\ndependencies:\n- pip:\n  - {index}\n  - azureml-defaults\n")
    path = rewritten(full, "  sourceDirectory: src\n", "  sourceDirectory: src\n  condaFile: conda.yml\n")
    warning = (
        "release.yaml: environment 'mine' has a password in a URL, which serves this release alone and is not kept; "
        "write ${NAME} in its place and set that variable, or set UV_INDEX_URL"
    )
    assert load_release_file(path).warnings == (warning,) * warnings


def test_paths_are_relative_to_the_file_and_not_to_the_working_folder(
    full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    config = load_release_file(full / "release.yaml").value
    assert config.models[0].path == str(full / "model.onnx")
    assert config.inference.source_directory == str(full / "src")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(full: Path) -> None:
    (full / "release.yaml").write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load_release_file(full / "release.yaml").value.notes == "the first"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  limits:\n", "  limts:\n", "release.yaml:22: verification/limts: unknown key, did you mean limits?"),
        ("service: digits", "servce: digits", "release.yaml:1: servce: unknown key, did you mean service? (and 1 more)"),
        ("floor_ms: 100", "floor: 100", "release.yaml:23: verification/limits/latency_p95/floor: unknown key, did you mean floor_ms?"),
        ("version: 3", "verzion: 3", "release.yaml:11: models/1/verzion: unknown key, did you mean version?"),
        ("notes: the first", "zzz: 1", "release.yaml:30: zzz: unknown key; known are as_of, compute_target, deployment, gateway, image, inference, models, notes, python, relax, service, target, targets, traffic, verification"),
        ("service: digits", "service: Digits", "release.yaml:1: service: service name 'Digits' is not allowed: use 3 to 32 lower-case letters, digits and '-', beginning with a letter and not ending with '-'"),
        ("service: digits", "service: 12", "release.yaml:1: service: must be text, not 12: put quotes around it"),
        ("name: digits", "name: a/b", "release.yaml:3: models/0/name: model name 'a/b' is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
        ("notes: the first", "image: {registry: 'https://r.example/x'}", "release.yaml:30: image/registry: registry 'https://r.example/x' is not allowed: write host[:port]/path in lower case, such as registry.example/team, without a scheme, a tag or a password"),
        ("notes: the first", "image: {registry: 'me:pw@r.example/x'}", "release.yaml:30: image/registry: registry 'r.example/x' is not allowed: write host[:port]/path in lower case, such as registry.example/team, without a scheme, a tag or a password"),
        ("name: other", "name: digits", "release.yaml:10: models/1/name: 'digits' is named twice; a service uses one version of a model"),
        ("path: model.onnx", "path: nothing", "release.yaml:4: models/0/path: no such file or folder: {project}/nothing"),
        ("path: model.onnx", "path: empty.bin", "release.yaml:4: models/0/path: the file is empty: {project}/empty.bin"),
        ("path: model.onnx", "path: hollow", "release.yaml:4: models/0/path: the folder holds no files: {project}/hollow"),
        ("path: model.onnx", "path: ''", "release.yaml:4: models/0/path: must not be empty"),
        ("path: model.onnx", "path: blank", "release.yaml:4: models/0/path: all files of the folder are empty: {project}/blank"),
        ("path: model.onnx", "path: /dev/null", "release.yaml:4: models/0/path: is neither a file nor a folder: /dev/null"),
        ("path: model.onnx", f"path: {'x' * 300}", "release.yaml:4: models/0/path: cannot be read: File name too long: {project}/xxx"),
        ("{area: reading}", "{' ': reading}", "release.yaml:5: models/0/tags/ : a tag or a property needs a name"),
        ("floor_ms: 100", "floor_ms: .inf", "release.yaml:23: verification/limits/latency_p95/floor_ms: must be a finite number, not inf"),
        ("golden: golden.jsonl", "golden: src", "release.yaml:19: verification/golden: is a folder; name a file: {project}/src"),
        ("suite: suite.json", "suite: comma.json", "comma.json:2: a suite must be plain JSON: "),
        ("weight: 50", "wait: 50", "release.yaml:28: traffic/1/wait: unknown key, did you mean weight? (and 1 more)"),
        ("notes: the first", "3: x", "release.yaml:30: 3: must be text, not 3: put quotes around it"),
        ("service: digits", "service:", "release.yaml:1: service: must be a valid string, not null"),
        ("path: model.onnx", "path: model.onnx\n    version: 1", "release.yaml:5: models/0/version: give path to register a new version, or version to use a registered one"),
        ("version: 3", "tags: {a: b}", "release.yaml:11: models/1/tags: belongs to a version that is registered here: give path as well, or leave it out"),
        ("version: 3", "version: 0", "release.yaml:11: models/1/version: must be greater than or equal to 1, not 0"),
        ("{area: reading}", "{area: 1}", "release.yaml:5: models/0/tags/area: must be text, not 1: put quotes around it"),
        ('"1.20"', "1.20", "release.yaml:9: models/0/framework_version: must be text, not 1.2: put quotes around it"),
        ("framework: Onnx\n", "framework: Caffe\n", "release.yaml:8: models/0/framework: unknown framework 'Caffe'; known are Custom, TensorFlow, ScikitLearn, Onnx, PyTorch, Multi, TfKeras"),
        ("sourceDirectory: src", "sourceDirectory: sources", "release.yaml:15: inference/sourceDirectory: no such folder: {project}/sources ('sources' is relative to {project})"),
        ("entryScript: score.py", "entryScript: scores.py", "release.yaml:14: inference/entryScript: no such file: {project}/src/scores.py; the entry script is looked for in {project}/src"),
        ("port: 8890", "port: 99999", "release.yaml:16: deployment/port: must be 1 to 65535, not 99999"),
        ("computeType: local", "computeType: ACIS", "release.yaml:16: deployment/computeType: unknown compute type 'ACIS'; v1 knows local, aci, aks, aksendpoint"),
        ("targets: [process]", "targets: [process]\ntarget: process", "release.yaml:18: target: give target or targets, not both"),
        ("targets: [process]", "targets: []", "release.yaml:17: targets: must not be empty"),
        ("targets: [process]", "target: ''", "release.yaml:17: target: must not be empty"),
        ("notes: the first", "notes: 2026-01-01", "release.yaml:30: notes: must be text, not datetime.date(2026, 1, 1): put quotes around it"),
        ("golden: golden.jsonl", "golden: gold.jsonl", "release.yaml:19: verification/golden: no such file: {project}/gold.jsonl"),
        ("suite: suite.json", "suite: model.onnx", "model.onnx: is not a Great Expectations suite: it has no list of expectations"),
        ("weight: 50", "weight: 10", "release.yaml:28: traffic/1/weight: must be more than the step before, 10, not 10"),
        ("weight: 50", "weight: 100", "release.yaml:28: traffic/1/weight: must be less than or equal to 99, not 100"),
        ("bake_s: 0.5", "bake_s: soon", "release.yaml:28: traffic/1/bake_s: must be a valid number, not 'soon'"),
        ("{max_queue: 10, timeout_ms: 1000}", "{auth: key}", "release.yaml:29: gateway/auth: keys for local services are not there yet; leave it out"),
        ("gateway: {max_queue: 10, timeout_ms: 1000}", "gateway:", "release.yaml:29: gateway: must hold keys and values, not null"),
        ("notes: the first", "notes: a\nnotes: b", "release.yaml:31: notes: the key stands there twice"),
        ("load: {requests: 50, concurrency: 4}", "load: {requests: 50", "release.yaml:22: not valid YAML: "),
        (FULL, "- 1\n", "release.yaml: must hold keys and values, not [1]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line_with_path_and_line(full: Path, old: str, new: str, message: str) -> None:
    (full / "empty.bin").touch()
    (full / "hollow").mkdir()
    (full / "blank").mkdir()
    (full / "blank" / "empty.bin").touch()
    (full / "comma.json").write_text('{"expectations": []\n,}')
    text = refusal(rewritten(full, old, new))
    assert text.startswith(message.format(project=full)), text
    assert "\n" not in text


def test_an_inference_config_of_its_own_is_named_in_its_errors(project: Path) -> None:
    (project / "inferenceconfig.json").write_text('{"entryScript": "scores.py",\n "sourceDirectory": "src"}')
    assert refusal(Path("release.yaml")) == (
        f"inferenceconfig.json:1: entryScript: no such file: {project}/src/scores.py; "
        f"the entry script is looked for in {project}/src; is score.py meant?"
    )


def test_a_file_named_for_the_inference_config_must_exist(project: Path) -> None:
    path = rewritten(project, "inferenceconfig.json", "nothing.json")
    assert refusal(path) == f"release.yaml:5: inference: no such file: {project}/nothing.json"


def test_an_unknown_key_of_a_v1_file_warns(project: Path) -> None:
    (project / "inferenceconfig.json").write_text('{"entryScript": "score.py", "sourceDirectory": "src", "cpu": 1}')
    (warning,) = load_release_file(Path("release.yaml")).warnings
    assert warning.startswith("inferenceconfig.json:1: cpu: ignored: unknown key; known are baseImage, ")


def test_a_script_with_a_syntax_error_is_refused_before_anything_is_done(project: Path) -> None:
    (project / "src" / "score.py").write_text("def init():\n    pass\ndef run(x)\n    return x\n")
    assert refusal(Path("release.yaml")) == f"{project}/src/score.py:3: the entry script does not parse: expected ':'"


def test_a_bad_golden_row_is_refused_at_once(full: Path) -> None:
    (full / "golden.jsonl").write_text('{"request": 1, "expected": 1}\n{"request": 1}\n')
    assert refusal(Path("release.yaml")) == "golden.jsonl:2: expected is missing"


def test_models_may_be_v1_ids_and_the_environment_s_wishes_stand_beside_them(project: Path) -> None:
    (project / "release.yaml").write_text(
        "service: digits\nmodels: [digits:3, other]\ninference: {entryScript: score.py, sourceDirectory: src}\n"
        "as_of: 2021-03-01\nrelax: true\npython: py/bin/python\nimage: {provide: [mpi]}\n"
    )
    config = load_release_file(Path("release.yaml")).value
    assert config.models == (ModelSource(name="digits", version=3), ModelSource(name="other"))
    assert (config.inference.environment.as_of, config.relax) == ("2021-03-01", True)
    assert (config.image.python, config.image.provide) == (str(project / "py/bin/python"), ("mpi",))


def test_a_config_for_a_cloud_is_a_release_to_that_cloud_unless_a_target_is_named(project: Path) -> None:
    text = "service: digits\nmodels: [digits:3]\ninference: {entryScript: score.py, sourceDirectory: src}\n"
    (project / "release.yaml").write_text(f"{text}deployment: {{computeType: AKS}}\ncompute_target: myaks\n")
    config = load_release_file(Path("release.yaml")).value
    assert (config.targets, config.deployment.compute_target) == (("aks",), "myaks")
    (project / "release.yaml").write_text(f"{text}deployment: {{computeType: ACI}}\ntarget: docker\n")
    assert load_release_file(Path("release.yaml")).value.targets == ("docker",)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("as_of: '2021-13-01'", "release.yaml:1: as_of: must be a day such as 2021-03-01, not '2021-13-01'"),
        ("as_of: 2021", "release.yaml:1: as_of: must be text, not 2021: put quotes around it"),
        ("compute_target: myaks", "release.yaml:1: compute_target: names a cluster of AKS, and the deployment config is for local"),
        ("models: [digits:new]", "release.yaml:1: models/0: 'digits:new' is no model id: write name:version, such as digits:3"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_wish_is_told_with_its_line(project: Path, key: str, message: str) -> None:
    models = "" if key.startswith("models") else "models: [digits:3]\n"
    rest = f"service: digits\n{models}inference: {{entryScript: score.py, sourceDirectory: src}}\n"
    (project / "release.yaml").write_text(f"{key}\n{rest}")
    assert refusal(Path("release.yaml")) == message
