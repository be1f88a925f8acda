"""Writes model.onnx: a stand-in for the question-answering model, with the same inputs and outputs.

It finds the first colour in the context, which is all that it takes to answer "What color is the fox". The real one is
far larger and reads the query, too; what serves them is the same.
"""

import onnx
from onnx import TensorProto, helper

COLOURS = ["red", "orange", "yellow", "green", "blue", "violet", "brown", "black", "white", "grey"]

INPUTS = {
    "context_word": ["c", 1],
    "context_char": ["c", 1, 1, 16],
    "query_word": ["q", 1],
    "query_char": ["q", 1, 1, 16],
}


def main():
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["context_word"],
            ["is_colour"],
            domain="ai.onnx.ml",
            keys_strings=COLOURS,
            values_floats=[1.0] * len(COLOURS),
            default_float=0.0,
        ),
        helper.make_node("ArgMax", ["is_colour"], ["place"], axis=0, keepdims=0),
        helper.make_node("Cast", ["place"], ["start_pos"], to=TensorProto.INT32),
        helper.make_node("Identity", ["start_pos"], ["end_pos"]),
    ]
    graph = helper.make_graph(
        nodes,
        "question-answering",
        [helper.make_tensor_value_info(name, TensorProto.STRING, shape) for name, shape in INPUTS.items()],
        [helper.make_tensor_value_info(name, TensorProto.INT32, [1]) for name in ("start_pos", "end_pos")],
    )
    # Old enough for the onnxruntime that Python 3.6 gets, 1.10.
    versions = [helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 2)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=7)
    onnx.checker.check_model(model)
    onnx.save(model, "model.onnx")


if __name__ == "__main__":
    main()
