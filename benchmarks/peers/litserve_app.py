"""The work of score.py as LitServe has it done."""

import os
import sys

import litserve
import numpy as np
import onnxruntime


class Digits(litserve.LitAPI):
    """One row or more a request."""

    def setup(self, _):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = os.environ["AZUREML_MODEL_DIR"] + "/model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def decode_request(self, request):
        return np.array(request["data"], dtype=np.float32)

    def predict(self, rows):
        return self.session.run(None, {"x": rows})[0].argmax(axis=1)

    def encode_response(self, labels):
        return labels.tolist()


if __name__ == "__main__":
    server = litserve.LitServer(Digits(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False)
