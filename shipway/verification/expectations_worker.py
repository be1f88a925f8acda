"""A program of its own: judges tables by Great Expectations, a JSON line in and a JSON line out, until its input ends.

In: `{"suite": {...}, "rows": [{...}, ...]}`. Out: `{"results": [...], "columns": [...]}`, as Great Expectations
writes them, or `{"problem": "..."}`. Knows nothing of Shipway and is started by its path, so that no folder but the
environment's is searched for imports. The import comes first and takes seconds: whoever starts this early need not
wait for it.
"""

import json
import os
import sys
from typing import IO, Any

INSTALL = "pip install 'shipway[expectations]'"


def main() -> None:
    replies = _own_output()
    try:
        judge = _Judge()
        problem = ""
    except ImportError as error:
        problem = f"Great Expectations cannot be imported ({error}): {INSTALL}"
    for line in sys.stdin:
        reply = {"problem": problem} if problem else _answer(judge, line)
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _own_output() -> IO[str]:
    """The real standard output; what libraries print goes to standard error, so that it cannot break a line."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies


def _answer(judge: "_Judge", line: str) -> dict[str, Any]:
    try:
        question = json.loads(line)
        return judge.judge(question["suite"], question["rows"])
    except Exception as error:  # the edge of a process: whatever a suite breaks, the reason is answered
        return {"problem": f"{type(error).__name__}: {error}"}


class _Judge:
    def __init__(self) -> None:
        import great_expectations  # noqa: PLC0415 - slow, and its absence is an answer
        import pandas  # noqa: PLC0415
        from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
            ExpectationConfiguration,
        )

        self._gx: Any = great_expectations
        self._frame: Any = pandas.DataFrame
        self._configuration: Any = ExpectationConfiguration

    def judge(self, suite: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
        context = self._gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        table = self._frame(rows)
        asset = context.data_sources.add_pandas("answers").add_dataframe_asset("answers")
        batch = asset.add_batch_definition_whole_dataframe("answers").get_batch(batch_parameters={"dataframe": table})
        # Built one by one: a suite drops a configuration that it does not know, with a line in a log that nobody reads.
        expectations = [self._expectation(config) for config in suite["expectations"]]
        found = batch.validate(self._gx.ExpectationSuite(name="answers", expectations=expectations))
        return {"results": found.to_json_dict()["results"], "columns": [str(name) for name in table.columns]}

    def _expectation(self, config: dict[str, Any]) -> Any:
        known = ("type", "kwargs", "meta", "severity", "notes", "description")
        settings = {"kwargs": {}} | {name: config[name] for name in known if name in config}
        try:
            return self._configuration(**settings).to_domain_obj()
        except Exception as error:
            raise ValueError(f"{config['type']} cannot be built: {error}") from error


if __name__ == "__main__":
    main()
