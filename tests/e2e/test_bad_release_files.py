# ruff: noqa: E501 - tables of messages, a line each
"""Release files and what they name, wrong in every way that people get them wrong: one line, and nothing is left."""

from itertools import pairwise

import pytest

from tests.e2e.desk import Desk, without_progress

INFERENCE = "inference:\n  sourceDirectory: src\n  entryScript: score.py\n"
GOLDEN = "golden: good.jsonl"
DEPLOYMENT = "{computeType: local}"
ROW = '{"request": {"data": [1]}, "expected": [2]}\n'
BOMB = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in pairwise("abcdefghij"))


def refused(desk: Desk, expected: str) -> None:
    """By a dry run and by a real one alike."""
    for more in (["--dry-run"], []):
        assert desk.refused("release", "good.yaml", *more) == expected
    assert desk.has_nothing_new()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("good/offset.txt", "nothing.bin", "good.yaml:2: models/0/path: no such file or folder: ~/nothing.bin"),
        ("good/offset.txt", "''", "good.yaml:2: models/0/path: must not be empty"),
        ("good/offset.txt", "empty.bin", "good.yaml:2: models/0/path: the file is empty: ~/empty.bin"),
        ("good/offset.txt", "hollow", "good.yaml:2: models/0/path: the folder holds no files: ~/hollow"),
        ("good/offset.txt", "link", "good.yaml:2: models/0/path: no such file or folder: ~/link"),
        ("good/offset.txt", "links", "model path ~/links: gone is a link to nowhere, which does not exist"),
        ("path: good/offset.txt", "version: 9", "ModelNotFound: there is no model offset; `shipway model list` shows what there is"),
        ("name: offset", "name: off set", "good.yaml:2: models/0/name: model name 'off set' is not allowed: use 1 to 255 letters, digits, '-', '.' and '_', beginning with a letter or a digit"),
        ("good/offset.txt", "good/offset.txt, tags: {'': x}", "good.yaml:2: models/0/tags/: a tag or a property needs a name"),
        ("good/offset.txt", "good/offset.txt, tags: {year: 2026}", "good.yaml:2: models/0/tags/year: must be text, not 2026: put quotes around it"),
        ("service: adder", "service: My_Adder", "good.yaml:1: service: service name 'My_Adder' is not allowed: use 3 to 32 lower-case letters, digits and '-', beginning with a letter and not ending with '-'"),
        ("service: adder\n", "", "good.yaml:1: service: is missing"),
        ("service: adder", "service:", "good.yaml:1: service: must be a valid string, not null"),
    ],
)  # fmt: skip
def test_a_model_or_a_name_that_cannot_be(desk: Desk, old: str, new: str, expected: str) -> None:
    desk.writes("empty.bin", "")
    (desk.folder / "hollow").mkdir()
    (desk.folder / "link").symlink_to("nowhere")
    desk.writes("links/model.bin", "weights")
    (desk.folder / "links" / "gone").symlink_to("nowhere")
    desk.edits(old, new)
    refused(desk, expected)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("target: process", "tarqet: process", "good.yaml:7: tarqet: unknown key, did you mean target?"),
        ("weight: 50", "wait: 50", "good.yaml:13: traffic/0/wait: unknown key, did you mean weight? (and 1 more)"),
        ("service: adder", "service: adder\nservice: other", "good.yaml:2: service: the key stands there twice"),
        ("target: process", "target: proces", "good.yaml: targets: no candidate can take this release: proces: unknown target; the targets are docker, process"),
        ("target: process", "target: process\ntargets: [process]", "good.yaml:7: target: give target or targets, not both"),
        ("weight: 50", "weight: 0", "good.yaml:13: traffic/0/weight: must be greater than or equal to 1, not 0"),
        ("weight: 50", "weight: 120", "good.yaml:13: traffic/0/weight: must be less than or equal to 99, not 120"),
        ("bake_s: 0.1", "bake_s: -1", "good.yaml:13: traffic/0/bake_s: must be greater than or equal to 0, not -1"),
        ("requests: 20", "requests: 0", "good.yaml:11: verification/load/requests: must be greater than or equal to 1, not 0"),
        ("floor_ms: 2000", "floor_ms: .inf", "good.yaml:12: verification/limits/latency_p95/floor_ms: must be a finite number, not inf"),
        (DEPLOYMENT, "{computeType: local, port: 99999}", "good.yaml:6: deployment/port: must be 1 to 65535, not 99999"),
        (DEPLOYMENT, "{computeType: akss}", "good.yaml:6: deployment/computeType: unknown compute type 'akss'; v1 knows local, aci, aks, aksendpoint"),
        ("target: process", "target: process\nas_of: '1.3.2021'", "good.yaml:8: as_of: must be a day such as 2021-03-01, not '1.3.2021'"),
        (GOLDEN, "golden: gold.jsonl", "good.yaml:9: verification/golden: no such file: ~/gold.jsonl"),
        (GOLDEN, "golden: src", "good.yaml:9: verification/golden: is a folder; name a file: ~/src"),
    ],
)  # fmt: skip
def test_a_key_a_target_or_a_number_that_cannot_be(desk: Desk, old: str, new: str, expected: str) -> None:
    desk.edits(old, new)
    refused(desk, expected)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("def init():\n    pass\ndef run(x)\n    return x\n", "~/src/score.py:3: the entry script does not parse: expected ':'"),
        ("def init(): pass\n", "~/src/score.py: the entry script does not define run() at module level; v1 scripts define init() and run()"),
        ("class Model:\n    def init(self): pass\n    def run(self, x): pass\n", "~/src/score.py: the entry script does not define init() and run() at module level; v1 scripts define init() and run()"),
        (b"x = '\xe9'\n", "~/src/score.py:1: is not UTF-8 text; save the file as UTF-8"),
    ],
)  # fmt: skip
def test_an_entry_script_that_cannot_serve(desk: Desk, script: str | bytes, expected: str) -> None:
    desk.writes("src/score.py", script)
    refused(desk, expected)


def test_an_entry_script_that_is_not_there(desk: Desk) -> None:
    desk.edits("score.py", "scores.py")
    refused(
        desk,
        "good.yaml:5: inference/entryScript: no such file: ~/src/scores.py; the entry script is looked for in ~/src; is score.py meant?",
    )


def test_a_star_import_only_warns(desk: Desk) -> None:
    desk.writes("src/score.py", "from base import *\n")
    code, out, err = desk.types("release", "good.yaml", "--dry-run")
    assert (code, out.splitlines()[0]) == (0, "adder: in service now: nothing")
    assert without_progress(err) == (
        "warning: ~/src/score.py: cannot tell whether init() and run() comes with a star import; "
        "the smoke test decides\n"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "good.yaml: the file is empty"),
        ("# later\n", "good.yaml: must hold keys and values, not null"),
        ("- a\n", "good.yaml: must hold keys and values, not ['a']"),
        ("service: [adder\nmodels: []\n", "good.yaml:2: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence"),
        ('{"service": "adder",\n "models" []}', "good.yaml:2: not valid JSON: Expecting ':' delimiter at column 11"),
        ("service: adder\nnotes: caf\xe9\n".encode("latin-1"), "good.yaml:2: is not UTF-8 text; save the file as UTF-8"),
        (b"\x7fELF\x02\x01\0\0\xff", "good.yaml: is a binary file; name a text file"),
        (BOMB, "good.yaml:6: not valid YAML: it unfolds to more than 100,000 values; write out what its anchors repeat"),
        ("service: &s [*s]\n", "good.yaml:1: not valid YAML: it unfolds to more than 100,000 values; write out what its anchors repeat"),
        ("service: " + "[" * 100_000, "good.yaml:1: not valid YAML: exceeded maximum nesting depth, while increasing flow level"),
        ("[" * 100_000, "good.yaml: values are nested too deeply in each other"),
        ("service: !!python/object/apply:os.abort []\n", "good.yaml:1: not valid YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.abort'"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_release_file(desk: Desk, content: str | bytes, expected: str) -> None:
    desk.writes("good.yaml", content)
    refused(desk, expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "good.jsonl: holds no rows; write a line {\"request\": ..., \"expected\": ...} for each"),
        (ROW + '{"request": {"data": [1]}, "expected": }\n', "good.jsonl:2: not valid JSON: Expecting value"),
        (ROW + '{"request": data=1, "expected": 1}\n', "good.jsonl:2: not valid JSON: Expecting value"),
        (ROW + "[1]\n", "good.jsonl:2: a row is an object with request and expected, not list"),
        (ROW + '{"request": 1, "expects": 1}\n', "good.jsonl:2: expects: unknown key, did you mean expected?"),
        (ROW + '{"request": 1, "expected": 1, "tolerance": -1}\n', "good.jsonl:2: tolerance must be a number of at least 0, not -1"),
        (ROW.encode() + b'{"request": "\xe9", "expected": 1}\n', "good.jsonl:2: is not UTF-8 text; save the file as UTF-8"),
    ],
)  # fmt: skip
def test_a_golden_file_with_a_bad_line(desk: Desk, content: str | bytes, expected: str) -> None:
    desk.writes("good.jsonl", content)
    refused(desk, expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"expectations": [\n  {"type": "x"}\n', "suite.json:3: not valid JSON: Expecting ',' delimiter at column 1"),
        ('{"expectations": [{"type": "x"}\n,]}', "suite.json:2: a suite must be plain JSON: Expecting value"),
        ('{"expectations": []}', "~/suite.json: expectations: the list is empty, so nothing would be checked"),
        ('{"expectations": [{"expectation_type": "x"}]}', "~/suite.json: expectations[0]: `expectation_type` is of Great Expectations before 1.0: call it `type`"),
        ("[]", "suite.json: is not a Great Expectations suite: it has no list of expectations"),
    ],
)  # fmt: skip
def test_a_suite_that_is_none(desk: Desk, content: str, expected: str) -> None:
    desk.edits(GOLDEN, f"{GOLDEN}\n  suite: suite.json")
    desk.writes("suite.json", content)
    refused(desk, expected)


@pytest.mark.parametrize(
    ("inference", "deployment", "expected"),
    [
        ('{"entryScript": "score.py",\n "sourceDirectory" "src"}', "", "inference.json:2: not valid JSON: Expecting ':' delimiter at column 20"),
        ("entryScript: [score.py\nsourceDirectory: src\n", "", "inference.json:2: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence"),
        ('{"entryScript": "score.py", "sourceDirectory": "source"}', "", "inference.json:1: sourceDirectory: no such folder: ~/source ('source' is relative to ~)"),
        ('{"entryScript": "score.py", "sourceDirectory": "src", "condaFile": "env.yml"}', "", "inference.json:1: condaFile: no such file: ~/src/env.yml; the conda file is looked for in ~/src and in ~"),
        ("", '{\n "computeType": "local"\n "port": 1}', "deployment.json:3: not valid JSON: Expecting ',' delimiter at column 2"),
        ("", "computeType: local\nport: [1\n", "deployment.json:3: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence"),
    ],
)  # fmt: skip
def test_a_v1_config_that_is_malformed(desk: Desk, inference: str, deployment: str, expected: str) -> None:
    if inference:
        desk.edits(INFERENCE, "inference: inference.json\n")
        desk.writes("inference.json", inference)
    if deployment:
        desk.edits(DEPLOYMENT, "deployment.json")
        desk.writes("deployment.json", deployment)
    refused(desk, expected)


@pytest.mark.parametrize(
    ("conda", "expected"),
    [
        ("dependencies:\n- pip:\n  - a\n - b\n", "~/src/env.yml:4: not valid YAML: did not find expected key, while parsing a block mapping"),
        ("dependencies:\n- 3\n", "~/src/env.yml:2: dependencies/0: must be a package, such as numpy=1.23, not 3"),
        ("dependencies:\n- pip:\n  - -e .\n", "~/src/env.yml:3: dependencies/0/pip/0: '-e .' is a folder of this machine; publish the package or put it into the source directory"),
        ("dependencies:\n- pip:\n  - -r more.txt\n", "~/src/more.txt:1: ~/src/more.txt includes itself; take that line out"),
        ("dependencies:\n- gdal=3.4\n", "good.yaml: targets: no candidate can take this release: process: the environment: the process target has no conda, and only conda has gdal=3.4: release it to a target that runs containers, such as docker, or name packages of pip's that do as well"),
        ("dependencies:\n- python=latest\n", "the environment pins Python 'latest', which is not a version; write one such as 3.11"),
    ],
)  # fmt: skip
def test_a_conda_file_that_cannot_be_installed(desk: Desk, conda: str, expected: str) -> None:
    desk.edits("entryScript: score.py", "entryScript: score.py\n  condaFile: env.yml")
    desk.writes("src/env.yml", conda)
    desk.writes("src/more.txt", "-r more.txt\n")
    refused(desk, expected)


def test_a_python_that_is_not_on_this_machine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(desk.folder))
    for place in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(place, str(desk.folder))
    desk.edits("entryScript: score.py", "entryScript: score.py\n  condaFile: env.yml")
    desk.writes("src/env.yml", "dependencies:\n- python=3.7.5\n")
    said = desk.refused("release", "good.yaml")
    assert said.startswith("the environment pins Python 3.7.5, and there is none here (found ")
    assert said.endswith("); install one, such as with `pyenv install 3.7`, or name one with --python")
    assert desk.has_nothing_new()


def test_a_golden_file_as_windows_saves_it_is_no_bad_input(desk: Desk) -> None:
    desk.writes("good.jsonl", ROW.encode("utf-16"))
    assert desk.types("release", "good.yaml", "--dry-run")[0] == 0
