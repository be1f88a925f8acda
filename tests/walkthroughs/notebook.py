"""Run as a program: reads blocks of Python, each a line of JSON, and runs them in one namespace.

Answers each with a line of JSON: what it printed, and whether it raised.
"""

import contextlib
import io
import json
import sys
import traceback


def main() -> None:
    namespace = {"__name__": "__main__"}
    answers = sys.stdout
    for line in sys.stdin:
        printed, failed = io.StringIO(), False
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                exec(compile(json.loads(line), "<page>", "exec"), namespace)
            except Exception:
                failed = True
                traceback.print_exc()
        answers.write(json.dumps({"failed": failed, "output": printed.getvalue()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
