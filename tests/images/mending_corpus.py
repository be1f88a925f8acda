"""How many environments of v1's time work as they are written, and how many mending mends: a command, not a test.

    python -m tests.images.mending_corpus [NAME...]

Each has the shape of one that is public (names, pins, Python), and the imports of a script that goes with it. It
resolves, installs and imports for real; some GB are downloaded the first time, and nothing is kept but uv's cache.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.interpreters import find_interpreter, served_pin
from shipway.image.packages.lock import PythonThere
from shipway.image.packages.mending import EntryScript, Limits, NoProposal, as_diff, first_failure, propose
from shipway.machine.state import MachineState

_ENDING = "\n\ndef init():\n    pass\n\n\ndef run(data):\n    return data\n"


@dataclass(frozen=True)
class Case:
    """`imports` are whole statements."""

    name: str
    python: str
    requirements: tuple[str, ...]
    imports: tuple[str, ...]


def _case(name: str, python: str, requirements: str, *imports: str) -> Case:
    return Case(name, python, tuple(requirements.split()), imports)


JOBLIB = "from sklearn.externals import joblib"
NUMPY = "import numpy as np"
MODEL = "from azureml.core.model import Model"

CORPUS = (
    _case("sklearn-0.19-joblib", "3.6.2", "numpy scikit-learn==0.19.1 scipy", NUMPY, JOBLIB, "import pickle"),
    _case("sklearn-unpinned-joblib", "3.6.2", "numpy==1.16.4 scikit-learn", NUMPY, JOBLIB),
    _case("sklearn-0.20-pandas-0.23", "3.6.2", "scikit-learn==0.20.3 pandas==0.23.4", JOBLIB, "import pandas as pd"),
    _case(
        "sklearn-0.22-py38", "3.8", "scikit-learn==0.22.1 joblib numpy", "import joblib", "import sklearn.linear_model"
    ),
    _case(
        "sklearn-0.24-pandas-0.25",
        "3.8",
        "scikit-learn==0.24.1 pandas==0.25.3 numpy",
        "import pandas",
        "import sklearn",
    ),
    _case("sklearn-1.2-numpy-2", "3.10", "scikit-learn==1.2.2 joblib", "import joblib", "from sklearn import svm"),
    _case("sklearn-by-its-import", "3.8", "sklearn pandas", "import sklearn", "import pandas"),
    _case("numpy-1.15-py38", "3.8", "numpy==1.15.0 scipy", NUMPY, "import scipy"),
    _case("pandas-0.24", "3.6.2", "pandas==0.24.2 numpy", "import pandas as pd"),
    _case("pandas-forgotten", "3.6.2", "scikit-learn==0.22.2 numpy==1.18.1", "import pandas as pd", "import sklearn"),
    _case("xgboost-0.90", "3.6.2", "xgboost==0.90 scikit-learn==0.20.3", "import xgboost", JOBLIB),
    _case("xgboost-1.2-py38", "3.8", "xgboost==1.2.0 pandas numpy", "import xgboost", "import pandas"),
    _case(
        "lightgbm-2.3", "3.7", "lightgbm==2.3.0 scikit-learn==0.21.3 numpy==1.17.2", "import lightgbm", "import sklearn"
    ),
    _case("flask-2.1", "3.8", "flask==2.1.0 requests", "from flask import Flask", "import requests"),
    _case("flask-1.1", "3.7", "flask==1.1.2", "from flask import Flask, jsonify"),
    _case("gunicorn-20.1", "3.10", "gunicorn==20.1.0 numpy", "import gunicorn.app.base", NUMPY),
    _case("pyopenssl", "3.8", "pyOpenSSL==22.0.0 requests", "import OpenSSL", "import requests"),
    _case("azureml-sdk-1.27", "3.6.2", "azureml-sdk==1.27.0 pandas==0.25.3", MODEL, "import pandas"),
    _case("azureml-core-1.0.6", "3.6.2", "azureml-core==1.0.6 numpy==1.15.4", "import azureml.core.compute", NUMPY),
    _case("onnx-py36", "3.6.2", "onnx==1.6.0 onnxruntime==1.1.0 numpy", "import onnx", "import onnxruntime", NUMPY),
    _case("onnx-py38", "3.8", "onnx==1.8.0 onnxruntime==1.6.0", "import onnx", "import onnxruntime"),
    _case(
        "nltk-onnxruntime",
        "3.6.2",
        "nltk==3.5 numpy onnxruntime",
        "from nltk import word_tokenize",
        "import onnxruntime",
    ),
    _case("opencv-3.4-py38", "3.8", "opencv-python-headless==3.4.2.17 numpy", "import cv2", NUMPY),
    _case(
        "keras-forgets-tensorflow", "3.6.2", "keras==2.2.4 numpy==1.16.4 h5py", "from keras.models import load_model"
    ),
    _case("tensorflow-1.15-py36", "3.6.2", "tensorflow==1.15.0 numpy", "import tensorflow as tf"),
    _case("tensorflow-2.0-rc", "3.6.2", "tensorflow==2.0.0-rc0 h5py", "import tensorflow as tf"),
    _case("tensorflow-2.3-numpy-1.20", "3.8", "tensorflow==2.3.0 numpy==1.20.0", "import tensorflow as tf", NUMPY),
    _case("tensorflow-1.15-py38", "3.8", "tensorflow==1.15.0", "import tensorflow as tf"),
    _case("fbprophet", "3.7", "fbprophet==0.5 pandas==0.25.1", "from fbprophet import Prophet"),
    _case("python-3.5", "3.5.2", "numpy==1.14.2 scikit-learn==0.19.1 scipy==1.0.0", NUMPY, JOBLIB),
    _case("gone-private-package", "3.8", "contoso-scoring-tools==1.4.2 numpy==1.19.5", NUMPY),
    _case("np-bool", "3.8", "shap==0.40.0 numpy", "import shap"),
    _case("pins-clash", "3.8", "scikit-learn==1.0.2 numpy==1.13.3 scipy==1.4.1", "import sklearn", NUMPY),
)


@dataclass(frozen=True)
class Found:
    verdict: str
    lines: list[str]


def look(case: Case, folder: Path) -> Found:
    pin = served_pin(case.python).pin
    try:
        interpreter = find_interpreter(pin)
    except BuildError as error:
        return Found("skipped", [str(error)])
    there = PythonThere(version=interpreter.version, interpreter=interpreter.path)
    environment = Environment(name=case.name, python=case.python, requirements=case.requirements)
    path = folder / "score.py"
    path.write_text("\n".join(case.imports) + _ENDING)
    script, state = EntryScript(path=path), MachineState(folder / "state")
    failure = first_failure(environment, there, script, state)
    if failure is None:
        return Found("works", [])
    result = propose(environment, there, failure, state, script=script, limits=Limits(tries=16, seconds=300))
    if isinstance(result, NoProposal):
        return Found("no", [result.why, *result.tried])
    return Found("mended", as_diff(result))


def report(cases: Iterator[Case]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for case in cases:
        began = time.monotonic()
        with TemporaryDirectory(prefix="shipway-corpus-") as folder:
            found = look(case, Path(folder))
        counts[found.verdict] = counts.get(found.verdict, 0) + 1
        _say(f"{found.verdict:8} {case.name} ({time.monotonic() - began:.0f} s)")
        for line in found.lines:
            _say(f"             {line}")
    return counts


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="those alone")
    names = parser.parse_args().names
    counts = report(case for case in CORPUS if not names or case.name in names)
    _say(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
