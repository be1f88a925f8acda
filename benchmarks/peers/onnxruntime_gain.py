"""How many times more rows a second onnxruntime does by 16 of them at once: `onnxruntime_gain.py MODEL` prints it."""

import sys
import time
from statistics import median

import numpy as np
import onnxruntime

ROWS, TIMES = 16, 20


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    one, many = [], []
    for _ in range(TIMES):
        one.append(seconds(session, 1))
        many.append(seconds(session, ROWS))
    print(ROWS * median(one) / median(many))


def seconds(session, rows):
    pixels = np.ones((rows, 64), np.float32)
    began = time.perf_counter()
    session.run(None, {"x": pixels})
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
