"""The work of score.py as BentoML has it done."""

import os

import bentoml
import numpy as np
import onnxruntime


@bentoml.service(workers=1)
class Digits:
    """One row or more a request."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = os.environ["AZUREML_MODEL_DIR"] + "/model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    @bentoml.api
    def score(self, data: np.ndarray) -> list[int]:
        return self.session.run(None, {"x": data.astype(np.float32)})[0].argmax(axis=1).tolist()
