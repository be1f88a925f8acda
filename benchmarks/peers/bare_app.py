"""The ceiling: an ASGI app that does the work of score.py and nothing else, on uvicorn with uvloop and httptools."""

import json
import os

import numpy as np
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(
    os.environ["AZUREML_MODEL_DIR"] + "/model.onnx", options, providers=["CPUExecutionProvider"]
)


async def app(_, receive, send):
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    rows = np.array(json.loads(body)["data"], dtype=np.float32)
    labels = session.run(None, {"x": rows})[0].argmax(axis=1).tolist()
    answer = json.dumps(labels).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
