"""Trains five versions of a model that reads handwritten digits, and writes each as ONNX below models/.

    v1  good       logistic regression, trained on part of the images
    v2  better     a small neural network, trained on all of them
    v3  wrong      trained on pixels of 0 to 16, while score.py gives 0 to 1: it answers, and wrongly
    v4  broken     v2, cut off in the middle as by an upload that failed: it cannot be loaded
    v5  slow       v2, asked many thousand times for slightly paler copies of the image: right, and far too late

Seeded: every run writes the same models. The same score.py serves all five.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
OPSET, IR_VERSION = 17, 8  # old enough for the onnxruntime of 2022 and later
COPIES = 70_000  # of the image, one after another, in v5: about 0.35 s on a core of 2024


def main():
    parser = argparse.ArgumentParser(description="Trains the five versions of the digits model.")
    parser.add_argument("--golden", action="store_true", help="write golden.jsonl anew as well")
    arguments = parser.parse_args()
    images, unseen, labels, unseen_labels = split()
    v1 = LogisticRegression(max_iter=500).fit(images[:500] / 16, labels[:500])
    v2 = network().fit(images / 16, labels)
    v3 = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(images, labels)
    good = as_onnx(v2)
    write("v1", as_onnx(v1))
    write("v2", good)
    write("v3", as_onnx(v3))
    write("v4", good[: len(good) // 2])
    write("v5", slow(v2))
    if arguments.golden:
        write_golden(v1, v2, unseen, unseen_labels)
    for name, model, scale in (("v1", v1, 16), ("v2", v2, 16), ("v3", v3, 16)):
        print(f"{name}: {model.score(unseen / scale, unseen_labels):.1%} of {len(unseen)} unseen images right")


def split():
    digits = load_digits()
    return train_test_split(digits.data, digits.target, test_size=0.3, random_state=7, stratify=digits.target)


def network():
    return MLPClassifier(hidden_layer_sizes=(64,), max_iter=200, learning_rate_init=0.005, tol=1e-3, random_state=7)


def as_onnx(model):
    """Input `pixels` (n, 64), outputs `label` (n,) and `probabilities` (n, 10)."""
    onnx_model = to_onnx(
        model,
        initial_types=[("pixels", FloatTensorType([None, 64]))],
        options={"zipmap": False},
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    onnx_model.ir_version = IR_VERSION
    return onnx_model.SerializeToString()


SLOW = """
<ir_version: 8, opset_import: ["": 17]>
slow (float[n, 64] pixels) => (float[n, 10] probabilities) {
    zero = Constant <value = float[1, 10] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}> ()
    total = Loop (copies, yes, zero) <body = turn (int64 i, bool go, float[n, 10] sum) => (bool on, float[n, 10] new) {
        on = Identity (go)
        step = Cast <to = 1> (i)
        shade = Mul (step, paler)
        image = Sub (pixels, shade)
        hidden = Gemm (image, weights_1, bias_1)
        active = Relu (hidden)
        scores = Gemm (active, weights_2, bias_2)
        found = Softmax <axis = 1> (scores)
        new = Add (sum, found)
    }>
    probabilities = Div (total, count)
}
"""


def slow(network):
    """The network in a loop: each turn takes a little time, and no more than one core."""
    model = onnx.parser.parse_model(SLOW)
    values = {
        "copies": np.array(COPIES, np.int64),
        "count": np.array(COPIES, np.float32),
        "paler": np.array(0.01 / COPIES, np.float32),
        "yes": np.array(True),
    }
    for layer, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True), 1):
        values[f"weights_{layer}"] = weights.astype(np.float32)
        values[f"bias_{layer}"] = bias.astype(np.float32)
    model.graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in values.items())
    return model.SerializeToString()


def write_golden(v1, v2, images, labels):
    """An unseen image of each digit on which v1 and v2 are right and sure. How sure differs, hence the tolerance."""
    sure = [m.predict_proba(images / 16)[np.arange(len(labels)), labels] for m in (v1, v2)]
    good = np.flatnonzero(np.minimum(*sure) > 0.8)
    chosen = np.concatenate([good[labels[good] == digit][:1] for digit in range(10)])
    with open(HERE / "golden.jsonl", "w") as file:
        for i in chosen:
            answer = {"label": int(labels[i]), "probability": 1.0}
            row = {"request": {"data": images[i].astype(int).tolist()}, "expected": answer, "tolerance": 0.3}
            file.write(json.dumps(row) + "\n")


def write(version, data):
    path = HERE / "models" / version / "digits.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    main()
