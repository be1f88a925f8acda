"""Sections 3 and 7: scripts that cannot be served, and settings. What is compared here is the exit code."""

from typing import NamedTuple

from tests.parity.cases.case import Case, get, post
from tests.parity.servers import Setup


class Ending(NamedTuple):
    """Both servers must end by themselves, with the same exit code."""

    name: str
    ids: tuple[str, ...]
    setup: Setup
    smoke: bool = False
    survives: str = ""
    """The listed difference by which ours serves the script all the same; empty: it ends too."""


ENDINGS = (
    Ending("no-init", ("E-1", "P-4"), Setup("no_init"), smoke=True),
    Ending("no-run", ("E-1", "P-4"), Setup("no_run")),
    Ending("star-args", ("E-6",), Setup("star_args"), smoke=True),
    Ending("star-kwargs", ("E-6",), Setup("star_kwargs")),
    Ending("legacy-three-parameters", ("E-6", "E-7"), Setup("defaults", profile="legacy")),
    Ending("headers-only", ("E-5",), Setup("only_headers")),
    Ending("no-parameters", ("E-4",), Setup("no_parameters")),
    Ending("raw-with-schema", ("E-8",), Setup("raw_schema")),
    Ending("raises-at-import", ("E-3", "P-4"), Setup("raises_at_import"), smoke=True),
    Ending("exits-at-import", ("E-3",), Setup("exits_at_import")),
    Ending("raises-in-init", ("E-3", "P-4"), Setup("raises_in_init"), smoke=True),
    Ending("exits-in-init", ("E-3",), Setup("exits_in_init")),
    Ending(
        "swagger-file-that-is-broken",
        ("H-93",),
        Setup("echo", files=(("swagger.json", "{"),)),
        survives="broken-swagger-file",
    ),
    Ending(
        "config-that-is-no-object",
        ("P-1",),
        Setup("echo", files=(("config.json", "[1, 2]"),)),
        survives="config-json-is-the-authors",
    ),
    Ending(
        "config-that-is-broken",
        ("P-1",),
        Setup("echo", files=(("config.json", "{"),)),
        survives="config-json-is-the-authors",
    ),
    Ending(
        "own-module-config",
        ("C-24",),
        Setup("own_config", files=(("src/config.py", "ANSWER = 'mine'\n"),), folder="src", by_variables=True),
        survives="own-module-names",
    ),
)

CASES = (
    Case(
        "config-json-of-the-author",
        ("P-1",),
        Setup("slow", files=(("config.json", '{"SCORING_TIMEOUT_MS": 300, "layers": 3}'),)),
        (post("slow"), post("fine")),
    ),
    Case(
        "config-file-that-is-named",
        ("P-1",),
        Setup(
            "slow",
            variables=(("AZUREML_CONFIG_FILE", "settings.json"),),
            files=(("settings.json", '{"SCORING_TIMEOUT_MS": 300}'),),
        ),
        (post("slow"), post("fine")),
    ),
    Case(
        "logging-json-of-the-author",
        ("P-2",),
        Setup("echo", files=(("logging.json", '{"version": 1}'),)),
        (get("/"), post("1")),
    ),
    Case(
        "several-workers",
        ("P-3",),
        Setup("echo", variables=(("WORKER_COUNT", "2"),)),
        (post("1"), post("2"), get("/")),
    ),
)
