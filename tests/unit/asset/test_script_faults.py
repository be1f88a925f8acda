"""What a script does that will go wrong or differ, seen in its text."""

import pytest

from shipway.asset.finding import Severity
from shipway.asset.script_faults import Script, changes_for_names, model_names, script_findings
from shipway.asset.tree import parse
from shipway.image.packages.mending.pins import pins_asked

RUN = "\ndef run(data):\n    return data\n"


def found(text: str, python: str = "3.8.18", *, is_legacy: bool = False, **versions: str) -> list[tuple[Severity, str]]:
    named = {name.replace("_", "-"): version for name, version in versions.items()}
    script = Script(file="score.py", tree=parse(text), python=python, versions=named, is_legacy=is_legacy)
    return [(finding.severity, finding.line) for finding in script_findings(script)]


def test_an_ordinary_script_has_nothing_to_say_of() -> None:
    assert found(f"import numpy as np\ndef init():\n    np.array([1.0]){RUN}", numpy="1.19.5") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"def init(path): pass{RUN}", "1: init() is called without arguments, and this one wants some"),
        ("def init(x=1): pass\ndef run(): pass", "2: run() has no parameter for the request; write run(data)"),
        (
            "def run(request_headers): pass",
            "1: run() takes request_headers alone; it needs a parameter for the request as well",
        ),
        ("def run(a, /): pass", "1: run() is called with names: its parameters cannot be positional-only"),
        (
            "def run(a, *rest, **more): pass",
            "1: run() takes *rest, **more, with which the server of azureml-defaults 1.45 and later does not start",
        ),
        (
            "@rawhttp\n@input_schema('a', t)\ndef run(a): pass",
            "3: run() has both @rawhttp and @input_schema, with which the server does not start (nor did v1's)",
        ),
    ],
)
def test_signatures_with_which_the_server_does_not_start_are_told(text: str, line: str) -> None:
    assert found(text) == [(Severity.FAULT, f"score.py:{line}")]


@pytest.mark.parametrize("text", ["def run(*a): pass", "def run(request_headers): pass", "def run(**k): pass"])
def test_the_server_of_old_took_other_signatures(text: str) -> None:
    assert found(text, is_legacy=True) == []
    assert found("def run(a, b, c): pass", is_legacy=True) == [
        (
            Severity.FAULT,
            (
                "score.py:1: run() has more than two parameters, with which the server of azureml-defaults 1.42 did "
                "not start"
            ),
        )
    ]
    assert found("@input_schema('a', t)\ndef run(a, b, c): pass", is_legacy=True) == []
    assert found("def run(a, b=1, c=2): pass") == []


def test_a_name_that_the_resolved_library_has_lost_is_told() -> None:
    text = f"import numpy as np\ndef init():\n    np.asscalar(np.array(1)){RUN}"
    assert found(text, numpy="1.22.4") == []
    assert found(text) == []
    assert found(text, numpy="1.23.0") == [
        (
            Severity.DIFFERENCE,
            (
                "score.py:3: numpy 1.23.0 has no numpy.asscalar any more; it fails when this line is reached: pin "
                "numpy<1.23, or call .item()"
            ),
        )
    ]


def test_a_lost_module_that_is_imported_at_once_stops_the_script() -> None:
    line = (
        "score.py:1: scikit-learn 0.24.2 has no sklearn.externals.joblib any more: pin scikit-learn<0.23, "
        "or import joblib"
    )
    for text in ("from sklearn.externals import joblib", "import sklearn.externals.joblib as joblib"):
        assert found(text, scikit_learn="0.24.2") == [(Severity.FAULT, line)]
    in_try = "try:\n    from sklearn.externals import joblib\nexcept ImportError:\n    import joblib"
    ((severity, _),) = found(in_try, scikit_learn="0.24.2")
    assert severity is Severity.DIFFERENCE


def test_where_the_version_was_left_open_the_day_of_the_asset_may_do() -> None:
    text = "from sklearn.externals import joblib"
    script = Script(
        file="score.py",
        tree=parse(text),
        python="3.6.15",
        versions={"scikit-learn": "0.24.2"},
        left_open=frozenset({"scikit-learn"}),
    )
    (finding,) = script_findings(script)
    assert finding.message.endswith("or import joblib, or take the packages of its day: --as-of")


def test_names_are_found_through_aliases_and_only_of_what_is_imported() -> None:
    assert len(found("import tensorflow as tf\nwith tf.Session() as s: pass", tensorflow="2.1.0")) == 1
    assert len(found("import tensorflow.compat.v1 as tf\nwith tf.Session() as s: pass", tensorflow="2.1.0")) == 0
    assert len(found("from tensorflow import Session", tensorflow_cpu="2.1.0")) == 1
    assert len(found("import collections\ncollections.Mapping", python="3.10.2")) == 1
    assert len(found("import collections\ncollections.Mapping", python="3.9.2")) == 0
    assert len(found("np.asscalar(1)", numpy="2.0.0")) == 0


def test_calls_that_want_a_network_are_noted_with_when() -> None:
    text = "import nltk, requests\nnltk.download('a')\n"
    text += "def init():\n    requests.get('u')\ndef run(d):\n    requests.post(d)"
    assert [line for _, line in found(text)] == [
        (
            "score.py:2: nltk.download wants a network when the script is imported; without one, put the data into the "
            "source directory or the model and name it in NLTK_DATA"
        ),
        "score.py:4: requests.get wants a network when the service starts",
        "score.py:6: requests.post wants a network at each request",
    ]


@pytest.mark.parametrize(
    "call",
    [
        "import os\nos.system('pip install x')",
        "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])",
    ],
)
def test_packages_that_the_script_installs_itself_are_told(call: str) -> None:
    ((severity, line),) = found(call)
    assert severity is Severity.DIFFERENCE
    assert (
        line
        == "score.py:2: the script installs packages itself: name them in the environment, for no lock knows of these"
    )


def test_a_gpu_is_told_unless_the_script_asks_whether_there_is_one() -> None:
    for text in ("import torch\nm.cuda()", "import torch\ntorch.device('cuda:0')", "with tf.device('/gpu:0'): pass"):
        ((severity, line),) = found(text)
        assert severity is Severity.DIFFERENCE
        assert "it asks for a GPU" in line
    assert found("import torch\nd = torch.device('cuda' if torch.cuda.is_available() else 'cpu')") == []


def test_a_place_inside_of_containers_is_told() -> None:
    ((severity, line),) = found("path = '/var/azureml-app/models/x'\nother = '/var/azureml-app/y'")
    assert severity is Severity.DIFFERENCE
    assert line.startswith("score.py:1: /var/azureml-app is where containers have the app root")


def test_the_models_that_a_script_asks_for_are_known_by_their_literal_names() -> None:
    text = "Model.get_model_path('a')\nm.get_model_path(model_name='b', version=1)\n"
    text += "get_model_path(c)\nModel.get_model_path(d)"
    assert model_names(parse(text)) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("imports", "asked", "change"),
    [
        ("from sklearn.externals import joblib", "scikit-learn==0.24.2", ("scikit-learn==0.24.2", "scikit-learn<0.23")),
        ("from tensorflow import Session", "tensorflow-cpu", ("tensorflow-cpu", "tensorflow-cpu<2.0")),
        ("from numpy import asscalar", "", ("", "numpy<1.23")),
    ],
)
def test_names_that_are_gone_are_mended_by_a_bound(imports: str, asked: str, change: tuple[str, str]) -> None:
    versions = {"scikit-learn": "0.24.2", "tensorflow-cpu": "2.4.0", "numpy": "1.24.1"}
    script = Script(file="score.py", tree=parse(imports), python="3.8.18", versions=versions)
    (found,) = changes_for_names(script, pins_asked([asked] if asked else []))
    assert (found.before, found.after) == change


def test_what_the_script_may_go_on_without_changes_no_pin() -> None:
    text = "try:\n    from numpy import asscalar\nexcept ImportError:\n    pass\nfrom collections import Mapping\n"
    script = Script(file="score.py", tree=parse(text), python="3.11.7", versions={"numpy": "1.24.1"})
    assert changes_for_names(script, {}) == ()


def test_where_containers_have_the_app_root_is_no_fault_in_one() -> None:
    text = "PATH = '/var/azureml-app/model'\n"
    assert [one.place for one in script_findings(Script(file="s.py", tree=parse(text), python="3.8.18"))] == ["s.py:1"]
    assert not list(script_findings(Script(file="s.py", tree=parse(text), python="3.8.18", in_container=True)))
