"""Runs in the example's own environment: calls score.py's init() and run() as a server would, and says what it saw."""

import json
import os
import sys
import time
from pathlib import Path


def main(example: Path) -> None:
    sys.path[:0] = [str(example), str(example / "source_dir")]
    import score  # noqa: PLC0415 - on the path only now
    import train  # noqa: PLC0415

    _, images, _, labels = train.split()
    golden = [json.loads(line) for line in (example / "golden.jsonl").read_text().splitlines()]
    seen = {}
    for version in ("v1", "v2", "v3", "v4", "v5"):
        os.environ["AZUREML_MODEL_DIR"] = str(example / "models" / version)
        try:
            score.init()
        except Exception as error:
            seen[version] = {"init": str(error)}
            continue
        sample = [] if version == "v5" else range(len(images))
        right = [score.run(json.dumps({"data": images[i].tolist()}))["label"] == labels[i] for i in sample]
        seen[version] = {"accuracy": sum(right) / max(len(right), 1), **ask_golden(score.run, golden)}
    sys.stdout.write(json.dumps(seen))


def ask_golden(run, golden):
    answers, seconds = [], []
    for row in golden:
        before = time.perf_counter()
        answers.append(run(json.dumps(row["request"])))
        seconds.append(time.perf_counter() - before)
    return {"answers": answers, "fastest_s": min(seconds)}


main(Path(sys.argv[1]))
