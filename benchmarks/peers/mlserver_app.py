"""The work of score.py as MLServer has it done: a custom runtime."""

import os

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Digits(MLModel):
    """One row or more a request."""

    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = os.environ["AZUREML_MODEL_DIR"] + "/model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = NumpyCodec.decode_input(payload.inputs[0]).astype(np.float32, copy=False)
        labels = self.session.run(None, {"x": rows})[0].argmax(axis=1)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("labels", labels)])
