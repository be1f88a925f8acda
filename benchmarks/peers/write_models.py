"""Writes the models that are served: `write_models.py FOLDER` makes FOLDER/{tiny,heavy}/model.onnx. Seeded.

tiny   64-32-10, as a digits MLP: what it computes is nothing beside what serving it costs
heavy  about 10 ms of a core for a row, and less a row in a batch: every row alone reads all of the weights again.
       One layer in a loop: its weights fit into a core's cache, so that two workers do not share the memory's speed.
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper, parser

TURNS = 400
TINY = """
<ir_version: 8, opset_import: ["": 17]>
tiny (float[n, 64] x) => (float[n, 10] scores) {
    sums = MatMul (x, first)
    active = Relu (sums)
    scores = MatMul (active, last)
}
"""
HEAVY = """
<ir_version: 8, opset_import: ["": 17]>
heavy (float[n, 64] x) => (float[n, 10] scores) {
    begun = MatMul (x, first)
    ended = Loop (turns, yes, begun) <body = turn (int64 i, bool go, float[n, 512] old)
        => (bool on, float[n, 512] new) {
        on = Identity (go)
        sums = MatMul (old, inner)
        new = Relu (sums)
    }>
    scores = MatMul (ended, last)
}
"""


def main():
    folder, random = pathlib.Path(sys.argv[1]), np.random.default_rng(5)
    write(folder / "tiny", TINY, first=weights(random, 64, 32), last=weights(random, 32, 10))
    write(
        folder / "heavy",
        HEAVY,
        turns=np.array(TURNS, np.int64),
        yes=np.array(True),
        first=weights(random, 64, 512),
        inner=weights(random, 512, 512),
        last=weights(random, 512, 10),
    )


def weights(random, width, height):
    """Of a size that neither swells nor dies away through many layers."""
    return (random.standard_normal((width, height)) * (2 / width) ** 0.5).astype(np.float32)


def write(folder, text, **values):
    model = parser.parse_model(text)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in values.items())
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")


if __name__ == "__main__":
    main()
