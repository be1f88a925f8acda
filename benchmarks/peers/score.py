"""An entry script as written for Azure ML v1: served unchanged by azureml-inference-server-http and by Shipway."""
# ruff: noqa: PLW0603, PTH118

import json
import os

import numpy as np
import onnxruntime


def init():
    global session
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(raw_data):
    rows = np.array(json.loads(raw_data)["data"], dtype=np.float32)
    scores = session.run(None, {"x": rows})[0]
    return scores.argmax(axis=1).tolist()
