"""score.py for which requests may be stacked: what `run` does with one, `run_batch` does with all that wait at once."""
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
    return labels_of(rows_of(raw_data)).tolist()


def run_batch(batch):
    parts = [rows_of(raw_data) for raw_data in batch]
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return [labels.tolist() for labels in np.split(labels_of(np.concatenate(parts)), ends)]


def rows_of(raw_data):
    return np.array(json.loads(raw_data)["data"], dtype=np.float32)


def labels_of(rows):
    return session.run(None, {"x": rows})[0].argmax(axis=1)
