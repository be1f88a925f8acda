"""What onnxruntime does with no server around it: `onnxruntime_alone.py MODEL` prints it as JSON.

batch    how many times more rows a second by 16 of them at once
workers  how many times more rows a second by two processes than by one
"""

import json
import subprocess
import sys
import time
from statistics import median

import numpy as np
import onnxruntime

ROWS, TIMES, ROUNDS, SECONDS = 16, 20, 3, 1.0


def main():
    if sys.argv[2:] == ["count"]:
        print(counted(session_of(sys.argv[1])))
    else:
        print(json.dumps({"batch": batch_gain(session_of(sys.argv[1])), "workers": worker_gain(sys.argv[1])}))


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def batch_gain(session):
    one, many = [], []
    for _ in range(TIMES):
        one.append(seconds(session, 1))
        many.append(seconds(session, ROWS))
    return ROWS * median(one) / median(many)


def worker_gain(model):
    return median(by_processes(model, 2) / by_processes(model, 1) for _ in range(ROUNDS))


def by_processes(model, number):
    """Rows in a fixed time by so many processes, each of which loads the model before it begins."""
    command = [sys.executable, __file__, model, "count"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(number)
    ]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("begin\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in processes)


def counted(session):
    seconds(session, 1)
    print("ready", flush=True)
    sys.stdin.readline()
    end, count = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < end:
        seconds(session, 1)
        count += 1
    return count


def seconds(session, rows):
    pixels = np.ones((rows, 64), np.float32)
    began = time.perf_counter()
    session.run(None, {"x": pixels})
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
