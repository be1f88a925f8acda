"""A v1 asset that needs no package: its model is a number in a file, which it adds to what it is asked."""

import json
from pathlib import Path

SCORE = """\
import json
import os

def init():
    global offset
    folder = os.environ["AZUREML_MODEL_DIR"]
    with open(os.path.join(folder, "offset.txt")) as file:
        offset = int(file.read())

def run(data):
    return [value + offset for value in json.loads(data)["data"]]
"""

RELEASE = """\
service: adder
models: [{{name: offset, path: {model}/offset.txt}}]
inference:
  sourceDirectory: src
  entryScript: score.py
deployment: {{computeType: local}}
target: process
verification:
  golden: {golden}
  load: {{requests: 20, concurrency: 2}}
  limits: {{latency_p95: {{floor_ms: 2000, factor: 2}}, min_agreement_pct: 0}}
traffic: [{{weight: 50, bake_s: 0.1}}]
"""


def write_adder(folder: Path, *, offset: str, golden: int, name: str) -> Path:
    """A release file for a model that adds `offset`, whose golden row expects that 1 becomes `golden`."""
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "score.py").write_text(SCORE)
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "offset.txt").write_text(offset)
    row = {"request": {"data": [1]}, "expected": [golden]}
    (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    release = folder / f"{name}.yaml"
    release.write_text(RELEASE.format(model=name, golden=f"{name}.jsonl"))
    return release
