"""The entry script: Azure ML v1 called init() once and run() for each request, and so does Shipway.

A request is one image, 64 pixels of 0 to 16: {"data": [0, 0, 5, 13, ...]}.
The answer: {"label": 3, "probability": 0.98}.
"""

import json
import os

import numpy as np
import onnxruntime


def init():
    global session
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "digits.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(raw_data):
    pixels = np.array(json.loads(raw_data)["data"], dtype=np.float32)
    scaled = pixels.reshape(1, 64) / 16
    probabilities = session.run(["probabilities"], {"pixels": scaled})[0][0]
    label = int(probabilities.argmax())
    return {"label": label, "probability": float(probabilities[label])}
