"""A v1 asset that needs no package: its model is a number in a file, which it adds to what it is asked."""

import json
import os
from pathlib import Path

_SCORE = """\
import json
import os

def init():
    global offset
    folder = os.environ["AZUREML_MODEL_DIR"]
    named = [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]
    with open(next(path for path in named if path.endswith("offset.txt"))) as file:
        offset = int(file.read())

def run(data):
    values = json.loads(data)["data"]
    if {fails_on!r} in values:
        raise ValueError("asked to fail")
    return [value + offset for value in values]
"""

_RELEASE = """\
service: adder
models: [{{name: offset, path: {model}}}]
inference:
  sourceDirectory: src
  entryScript: score.py
deployment: {{computeType: local}}
target: {target}
verification:
  golden: {golden}
  smoke: {{load_s: 0.2}}
  load: {{requests: 20, concurrency: 2}}
  limits: {{latency_p95: {{floor_ms: 2000, factor: 2}}, min_agreement_pct: 0}}
traffic: [{{weight: 50, bake_s: {bake_s}}}]
"""


def write_adder(  # noqa: PLR0913 - what a test may want different
    folder: Path,
    *,
    offset: str,
    golden: int,
    name: str,
    fails_on: int | None = None,
    bake_s: float = 0.1,
    target: str = "process",
    ballast: int = 0,
) -> Path:
    """A release file for a model that adds `offset`, whose golden row expects that 1 becomes `golden`.

    `ballast` is how many bytes that nobody reads the model has besides; random, so that nothing packs them. Asked for
    `fails_on` it answers with an error, which verification never asks for: its requests are the golden row's.
    """
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "score.py").write_text(_SCORE.format(fails_on=fails_on))
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "offset.txt").write_text(offset)
    if ballast:
        (folder / name / "ballast.bin").write_bytes(os.urandom(ballast))
    row = {"request": {"data": [1]}, "expected": [golden]}
    (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    model = name if ballast else f"{name}/offset.txt"
    release = folder / f"{name}.yaml"
    release.write_text(_RELEASE.format(model=model, golden=f"{name}.jsonl", bake_s=bake_s, target=target))
    return release
