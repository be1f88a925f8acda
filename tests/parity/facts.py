"""Every fact of the v1 contract that has an ID, and what we do about it: the source of docs/reference/compatibility.md.

What differs on purpose stands in `differences.py` alone and is added to the page from there.
"""

from enum import Enum
from typing import NamedTuple


class Status(Enum):
    """What we do about a fact."""

    SAME = "same"
    PROFILE = "same, by profile"
    DIFFERENT = "different on purpose"
    ABSENT = "not here"
    NOT_YET = "not yet"


class Fact(NamedTuple):
    """One fact of the contract."""

    identifier: str
    text: str
    status: Status = Status.SAME
    note: str = ""
    tests: tuple[str, ...] = ()
    """Test functions that show it, where no case of the parity suite does."""


class Section(NamedTuple):
    """A section of the contract."""

    title: str
    facts: tuple[Fact, ...]


def _not_yet(*texts: str) -> tuple[Fact, ...]:
    """`ID text` each."""
    parted = (text.partition(" ") for text in texts)
    return tuple(Fact(identifier, text, Status.NOT_YET) for identifier, _, text in parted)


_P = Status.PROFILE
_D = Status.DIFFERENT
_A = Status.ABSENT
_N = Status.NOT_YET
_CLOUD = "read, checked and planned; the target is not there yet"
_REFUSALS = ("test_what_v1_refused_is_refused",)
_PACKAGE = "the author's `inference_schema` does this, as it did in v1"

_CONTAINER = Section(
    "2 The container",
    (
        Fact("C-1", "app root, by `AML_APP_ROOT`"),
        Fact("C-2", "working folder is the app root, and writable"),
        Fact(
            "C-3",
            "with a source directory: its folder below the app root; `AZUREML_SOURCE_DIRECTORY`",
            note="under its real name; a leading `./` of the script stays",
            tests=("test_a_source_directory_has_its_real_name_and_the_script_the_authors_spelling",),
        ),
        Fact(
            "C-4",
            "without one: the script alone, flat",
            note="one that is a link keeps the name that it was given; no copy is called `main.py`",
            tests=(
                "test_a_lone_script_lies_flat_at_the_app_root",
                "test_a_lone_script_that_is_a_link_keeps_the_name_that_it_was_given",
            ),
        ),
        Fact("C-5", "a driver module that forwards to the script", note="one is served; none is needed or written"),
        Fact("C-6", "app root and source directory end `sys.path`; the script's own subfolder is not on it"),
        Fact(
            "C-7",
            "ignore files are not applied to the source directory",
            tests=("test_ignore_files_are_files_like_others",),
        ),
        Fact(
            "C-8",
            "models below `azureml-models/<name>/<version>`, writable",
            tests=("test_the_script_sees_its_own_writable_models_and_nothing_of_the_callers_secrets",),
        ),
        Fact("C-9", "`__file__` is the script's real path"),
        Fact("C-10", "the script's module is `entry_module`, never `__main__`"),
        Fact("C-11", "port 5001; 8883 is exposed and unused", _D, "5001 by default; 8883 is not exposed"),
        Fact("C-12", "the front's limits: 100 MB, 1000 s", _D, "the first is the server's own, the second nobody's"),
        Fact(
            "C-20",
            "`AZUREML_MODEL_DIR` ends in `<name>/<version>` for one model",
            tests=("test_the_model_folder_is_the_parent_of_all_models_unless_there_is_exactly_one",),
        ),
        Fact(
            "C-21",
            "a model of a file is that file, of a folder that folder",
            tests=("test_a_model_that_is_a_folder_keeps_its_name",),
        ),
        Fact("C-22", "variables of the environment win over the deployer's", tests=("test_the_authors_variables_win",)),
        Fact(
            "C-23",
            "versions are plain whole numbers",
            tests=("test_the_model_folder_is_the_parent_of_all_models_unless_there_is_exactly_one",),
        ),
        Fact(
            "C-24",
            "no module of the server's hides one of the author's",
            tests=("test_files_in_the_app_root_shadow_neither_python_nor_the_server",),
        ),
        Fact(
            "C-30",
            "`Model.get_model_path`, step by step, without network",
            tests=(
                "test_model_paths_are_found_as_the_original_finds_them",
                "test_two_entries_in_a_version_are_one_too_many",
            ),
        ),
    ),
)

_ENTRY = Section(
    "3 The entry script",
    (
        Fact("E-1", "`init` and `run` must be there"),
        Fact("E-2", "`init` runs once in each worker; whatever it returns is success"),
        Fact(
            "E-3",
            "what is raised at import or in `init` ends the worker with 3",
            note="the server ends with 3 at once; nothing waits for telemetry",
        ),
        Fact("E-4", "the first parameter gets the body as text; with a schema, one argument a name"),
        Fact("E-5", "`request_headers`, in any position, gets the headers, Title-Cased"),
        Fact("E-6", "`*args`, `**kwargs` and positional-only stop the start", _P, "legacy accepts `**kwargs`"),
        Fact("E-7", "other parameters keep their defaults, or fail each request"),
        Fact("E-8", "raw and schema together stop the start"),
        Fact(
            "E-9",
            "the SDK refuses scripts by name and syntax",
            note="before anything is built; syntax is judged by the asset's Python. The scoring server takes any file",
            tests=(
                "test_a_script_that_v1_refused_is_refused_at_once",
                "test_a_syntax_error_is_told_with_its_line",
                "test_a_script_for_a_python_whose_grammar_ours_has_not_is_left_to_that_python",
                "test_what_cannot_serve_is_refused_when_it_is_made",
            ),
        ),
        Fact("E-10", "`run` has the main thread, one request at a time"),
        Fact("E-11", "a script that swallows its exceptions answers 200"),
        Fact(
            "E-12", "`async def run`, where `AZUREML_ASYNC_SERVING` was set", tests=("test_many_are_awaited_at_once",)
        ),
        Fact("E-13", "driver modules: the outer `init`, the inner `run`"),
        Fact("E-14", "scripts may load, download, write, start programs and change folder anywhere"),
    ),
)

_HTTP = Section(
    "4 HTTP",
    (
        Fact("H-1", "`/`: 200 `Healthy` once `init` has succeeded", note="it also answers while `run` works"),
        Fact("H-2", "POST `/score` calls `run`"),
        Fact("H-3", "GET `/score` calls it with the query"),
        Fact("H-4", "OPTIONS `/score`: 200, empty; a raw script is called", _P, "legacy: 405 with text"),
        Fact("H-5", "HEAD `/score`: 405; a raw script is called"),
        Fact("H-6", "PUT, DELETE, PATCH: 405"),
        Fact("H-7", "other paths: 404, `/score/` too"),
        Fact("H-8", "`/swagger.json`"),
        Fact("H-9", "404 and 405 in JSON, without ids", _P, "legacy: an HTML page"),
        Fact("H-20", "the body as text, whatever the content type"),
        Fact("H-21", "forms are consumed: `run` gets the empty text"),
        Fact("H-22", "not UTF-8: 400", _P, "legacy: 500"),
        Fact("H-23", 'an empty body is `run("")`'),
        Fact("H-24", "gzip in a request is not undone"),
        Fact("H-25", "a query becomes an object in JSON"),
        Fact("H-30", "schema: 415 for what is not JSON by its type", _P),
        Fact("H-31", "schema: 400 for an empty body", _P, "legacy: 500, as text, from here to H-37"),
        Fact("H-32", "schema: 400 for malformed JSON", _P),
        Fact("H-33", "schema: 400 for JSON that is no object", _P),
        Fact("H-34", "schema: 400 for a missing value", _P),
        Fact("H-35", "schema: unknown keys are ignored", _P),
        Fact("H-36", "schema: Python's defaults are used", _P),
        Fact("H-37", "schema: a value that does not fit is a failure of `run`: 500", _P),
        Fact("H-38", "schema: `null` goes to the conversion"),
        Fact("H-39", "schema: a query gives values by name"),
        Fact("H-40", "what `run` returns, as JSON, ASCII only"),
        Fact("H-41", "a text is a quoted JSON string"),
        Fact("H-42", "`None` is `{}`"),
        Fact("H-43", "a tuple is an array"),
        Fact("H-44", "NaN and Infinity as literals"),
        Fact("H-45", "responses of the script's own pass through", _P),
        Fact("H-46", "what is not JSON: 500, the failure not the script's", _P, "legacy: the traceback as the body"),
        Fact("H-47", "an exception: 500, details hidden", _P, "legacy: its text, as HTML"),
        Fact("H-48", "`SystemExit`: the worker is replaced"),
        Fact("H-49", "the scoring timeout: 500, the failure the script's", _P, "legacy: as text"),
        Fact(
            "H-50",
            "`aml_response_headers` and `aml_response_body`",
            _P,
            "ordinary JSON in modern; server 0.7.7 still read them",
        ),
        Fact("H-60", "`x-ms-run-function-failed` on every response of the server's"),
        Fact("H-61", "`x-ms-run-fn-exec-ms` when `run` returned", _P),
        Fact("H-62", "`x-ms-server-version`, replaceable and removable"),
        Fact("H-63", "`x-request-id`, echoed or new", _P),
        Fact("H-64", "`x-ms-request-id` by precedence", _P),
        Fact("H-65", "`x-ms-client-request-id` by precedence", _P),
        Fact("H-66", "ids over 100 characters: 431", _P),
        Fact("H-67", "the server's ids replace the script's"),
        Fact("H-68", "`TraceId` is echoed", _P),
        Fact("H-69", "legacy has `x-ms-request-id` alone", _P),
        Fact("H-70", "CORS is off unless asked for"),
        Fact("H-71", "CORS: GET and POST, on v1's paths alone"),
        Fact("H-72", "CORS: which origin is sent, and `Vary`"),
        Fact("H-73", "scripts may set CORS headers themselves"),
        Fact(
            "H-80",
            "a scoring timeout of an hour; a worker timeout of 300 s before it",
            tests=("test_a_switch_brings_back_the_worker_timeout",),
        ),
        Fact("H-81", "100 MB at the fronts, no limit in the server"),
        Fact("H-82", "generators in an `AMLResponse` are streamed"),
        Fact("H-90", "swagger versions 2, 3, 3.1", _P),
        Fact("H-91", "swagger: which 404 for which version", _P),
        Fact("H-92", "swagger for undecorated scripts too", _P, "legacy: 404 `Swagger not found`"),
        Fact("H-93", "files in the app root override what is generated"),
        Fact("H-94", "swagger: name, version, prefix, definitions", _P),
        Fact("H-95", "swagger: every argument of `run`", _P),
        Fact("H-96", "swagger: samples as `example`"),
    ),
)

_RAW = Section(
    "5 Raw requests",
    (
        Fact("R-1", "`@rawhttp` is a switch for the whole process"),
        Fact("R-2", "the request is the framework's; `AMLRequest` is a name for annotations"),
        Fact("R-3", "the members that scripts use"),
        Fact("R-4", "`get_data` for any content type"),
        Fact(
            "R-5",
            "`has_key` and a lenient `.json`, by age of Flask",
            _D,
            "both work in both profiles, whatever werkzeug is installed",
        ),
        Fact("R-6", "raw scripts may return plain values"),
        Fact("R-7", "raw scripts get GET, POST, OPTIONS and HEAD"),
        Fact("R-8", "`AMLResponse`: its arguments"),
        Fact("R-9", "`AMLResponse`: which body and content type"),
        Fact("R-10", "`AMLResponse`: repeated headers, later changes, any status"),
        Fact(
            "R-11",
            "import names",
            note="all three spellings, which Microsoft's own has only beside azureml-contrib-services",
            tests=("test_every_spelling_of_raw_requests_is_the_servers",),
        ),
    ),
)

_SCHEMA = Section(
    "6 inference-schema",
    (
        Fact("S-1", "`input_schema`, stackable", note=_PACKAGE),
        Fact("S-2", "`output_schema` documents only", note=_PACKAGE),
        Fact("S-3", "in either order", note=_PACKAGE),
        Fact("S-4", "registered by module and function name", _A, _PACKAGE),
        Fact("S-5", "conversion replaces the argument", note=_PACKAGE),
        Fact("S-6", "samples of dicts and lists", note=_PACKAGE),
        Fact("S-7", "an absent nested key, by release", note=_PACKAGE),
        Fact("S-8", "what a conversion raises is a failure of `run`", note=_PACKAGE),
        Fact("S-9", "swagger versions are those that all types allow", note=_PACKAGE),
        Fact("S-10", "what Power BI asks for", note=_PACKAGE),
        Fact("S-20", "`apply_column_names`, by release", note=_PACKAGE),
        Fact("S-21", "column order of the request", note=_PACKAGE),
        Fact("S-22", "pandas' JSON reader", note=_PACKAGE),
    ),
)

_PROCESS = Section(
    "7 The server process",
    (
        Fact("P-1", "`config.json` is picked up unasked", tests=()),
        Fact("P-2", "`logging.json` likewise"),
        Fact(
            "P-3",
            "gunicorn with synchronous workers, on all interfaces",
            _D,
            "a server of our own; workers, port and interfaces are the same",
        ),
        Fact(
            "P-4",
            "3 at start ends the server; a crash later replaces the worker",
            tests=("test_a_crashed_worker_is_replaced",),
        ),
        Fact(
            "P-5",
            "the form of log lines",
            _D,
            "one JSON object a line; what is printed is there, the access log omits probes",
            ("test_probes_stay_out_of_the_access_log",),
        ),
        Fact("P-6", "Python floors of the releases", _D, "3.6 to 3.13, in one release"),
        Fact(
            "P-7",
            "what changed from release to release",
            _D,
            "two ends: 0.4 and 1.5.1; what lies between is listed below",
        ),
    ),
)

_BUNDLES = Section(
    "8 Dependency bundles",
    (
        Fact(
            "D-1",
            "`azureml-defaults` decides the serving stack",
            Status.PROFILE,
            "an exact pin to 1.42 is `legacy`, from 1.45 `modern`; the server itself always comes with Shipway",
            ("test_an_exact_pin_of_azureml_defaults_says_for_which_server_an_asset_was_written",),
        ),
        Fact(
            "D-2",
            "`azureml-defaults` must be listed",
            _A,
            "every image has the server, listed or not; that it is not listed is said",
            ("test_that_no_server_is_listed_is_said_to_be_no_loss",),
        ),
        Fact(
            "D-3",
            "an unpinned one changes with time",
            _D,
            "it is for what was newest on the asset's day (its model's run, its commit, `--as-of`), and `modern` where "
            "no day is known; the variable `SHIPWAY_PROFILE` wins",
            (
                "test_without_a_pin_the_day_decides",
                "test_the_day_changes_no_profile_that_is_known_and_makes_none_for_an_asset_that_names_no_server",
            ),
        ),
        Fact(
            "D-4",
            "old pins that no longer resolve",
            _D,
            "the asset's own Python, wheels first, the versions of a day with `--as-of`; what is left is refused with "
            "a proposal, see [mending](mending.md)",
            (
                "test_an_author_of_2017_gets_the_packages_of_2017_and_our_server_its_own",
                "test_a_refusal_shows_what_would_help_as_a_diff",
                "test_numpy_1_15_is_not_there_for_python_3_8_and_the_nearest_is",
            ),
        ),
    ),
)

_AUTHENTICATION = Section(
    "15 Authentication",
    (
        Fact(
            "K-1",
            "Bearer keys, checked before the server",
            note="the server checks them itself where nothing stands before it",
            tests=("test_everything_but_the_probes_needs_a_key",),
        ),
        Fact(
            "K-2",
            "two keys of equal power",
            note="any number",
            tests=("test_a_regenerated_key_counts_without_a_restart",),
        ),
        Fact(
            "K-3",
            "defaults by target",
            note=f"local services have none; those of ACI and AKS are {_CLOUD}",
            tests=(
                "test_a_local_service_has_no_keys_and_says_so",
                "test_what_will_hold_where_a_config_says_nothing",
            ),
        ),
        Fact("K-4", "tokens", _N, f"AKS alone had them: the setting is {_CLOUD}; nothing gives tokens out"),
        Fact("K-5", "probes need no key", tests=("test_everything_but_the_probes_needs_a_key",)),
        Fact("K-6", "TLS 1.2 only", _D, "TLS 1.2 and newer", ("test_tls_below_1_2_and_plain_http_are_refused",)),
    ),
)

_COLLECTION = Section(
    "18 Data collection",
    (
        Fact("O-1", "`ModelDataCollector` and its arguments", tests=("test_the_constructors_of_every_age_are_taken",)),
        Fact(
            "O-2",
            "`collect`: lists, arrays, frames; never fails the request",
            tests=("test_a_collection_that_fails_never_fails_the_request",),
        ),
        Fact(
            "O-3",
            "off unless asked for; prints in debug mode",
            tests=("test_off_is_nothing", "test_debug_prints_each_row_and_stores_none"),
        ),
        Fact("O-4", "where rows are filed", tests=("test_rows_are_filed_as_on_azure",)),
        Fact(
            "O-5",
            "a stand-in for the package",
            tests=("test_monitoring_and_raw_requests_are_ours_whatever_is_installed",),
        ),
        Fact(
            "O-6", "requests logged by App Insights when collection is on", _A, "traces have them with App Insights on"
        ),
    ),
)

_INSIGHTS = Section(
    "19 App Insights",
    (
        Fact(
            "T-1",
            "requests, exceptions and prints as telemetry",
            note="by OpenTelemetry, on Python 3.7 and newer; the log has all three on every one",
            tests=(
                "test_requests_runs_and_prints_reach_the_collector",
                "test_an_exception_reaches_the_collector_with_its_traceback",
            ),
        ),
        Fact(
            "T-2",
            "64 KB a record; response bodies can be left out",
            tests=("test_a_response_that_is_long_is_cut_and_a_stream_is_not_read",),
        ),
        Fact("T-3", "a record of request and response with data collection", _A, "the request's span has the response"),
        Fact("T-4", "model ids by path", tests=("test_models_are_named_by_their_folders",)),
        Fact(
            "T-5",
            "the same elsewhere, never needed for scoring",
            tests=("test_everything_that_a_script_says_becomes_a_record_of_its_own",),
        ),
    ),
)

_NO_CODE = Section(
    "25 No-code",
    (
        Fact(
            "Q-1",
            "one model of a known framework",
            _A,
            "one ONNX model and no script is served, whatever framework is named; the others need a script",
        ),
        Fact("Q-2", "scikit-learn's body", _A, "only ONNX is served without a script"),
        Fact("Q-3", "TensorFlow's body", _A, "only ONNX is served without a script"),
        Fact(
            "Q-4",
            "ONNX Runtime Server's bodies",
            note="JSON",
            tests=("test_clients_of_onnx_runtime_server_go_on_working",),
        ),
        Fact("Q-5", "resources by the model", _N, "they are kept with the version; no service takes them"),
    ),
)

_BEFORE = (
    Section(
        "1 Assets",
        (
            Fact(
                "A-1",
                "what paths in configs are relative to",
                note="in a release file the working folder is that of the file",
                tests=(
                    "test_paths_are_relative_as_v1_had_them",
                    "test_the_conda_file_is_looked_for_in_the_working_folder_too",
                    "test_paths_are_relative_to_the_file_and_not_to_the_working_folder",
                ),
            ),
        ),
    ),
)

_BETWEEN = (
    Section(
        "9 Inference config",
        (
            Fact(
                "I-1",
                "JSON or YAML, as real files are",
                note="a comma too many is said",
                tests=(
                    "test_json_and_yaml_are_told_apart_by_content_and_common_flaws_do_no_harm",
                    "test_a_comma_too_many_is_taken_and_remarked",
                ),
            ),
            Fact(
                "I-2",
                "`null` is not given",
                tests=("test_null_means_not_given", "test_v1s_own_json_is_read_with_its_nulls"),
            ),
            Fact(
                "I-3",
                "a default environment",
                note="a Python, of the asset's day where that is known, and the scoring server; no further package",
                tests=(
                    "test_the_least_config_gets_an_empty_environment",
                    "test_no_pin_is_v1s_default_of_the_assets_time",
                ),
            ),
            Fact(
                "I-4",
                "legacy keys become an environment",
                note="all of them, also those that went to v1's older image builder; CUDA is checked, not installed",
                tests=("test_the_legacy_keys_say_the_image_below", "test_both_spellings_of_docker_steps_are_read"),
            ),
            Fact(
                "I-5",
                "the environment comes separately",
                tests=(
                    "test_a_registered_environment_is_taken_by_name",
                    "test_an_environment_folder_wins_over_the_file_and_that_is_told",
                    "test_an_environment_that_was_given_beside_the_file_wins",
                ),
            ),
            Fact(
                "I-6",
                "a warning without azureml-defaults",
                note="it says that nothing is missing",
                tests=("test_that_no_server_is_listed_is_said_to_be_no_loss",),
            ),
            Fact(
                "I-7",
                "image and Dockerfile together are refused",
                note="in files; of an `Environment` in a script the one that was set last stays, which is said",
                tests=(
                    "test_what_is_wrong_is_refused_by_its_key",
                    "test_an_image_and_a_dockerfile_take_each_others_place",
                ),
            ),
            Fact(
                "I-8",
                "a script that is not there is an error at deploy",
                note="the name that may be meant is told",
                tests=(
                    "test_a_script_that_v1_refused_is_refused_at_once",
                    "test_what_cannot_serve_is_refused_when_it_is_made",
                ),
            ),
            Fact(
                "I-9",
                "absolute paths",
                note="one of a Windows machine that is not there is refused as such",
                tests=("test_paths_may_be_absolute_and_a_lone_script_is_then_the_one_that_travels",),
            ),
        ),
    ),
    Section(
        "10 Environments",
        (
            Fact("Y-1", "pip nested, more than once", tests=("test_pip_lists_are_merged_wherever_they_stand",)),
            Fact(
                "Y-2",
                "a second key beside pip",
                _D,
                "ignored with a warning, where conda refused the file",
                ("test_flaws_that_v1_lived_with_are_mended_with_a_warning",),
            ),
            Fact(
                "Y-3",
                "pip entries with a single `=`",
                _D,
                "taken as `==` with a warning, where pip refused them",
                ("test_a_line_of_pip_that_others_lived_with_is_taken_as_it_was_meant",),
            ),
            Fact(
                "Y-4",
                "UTF-16, `prefix:`, Windows builds",
                _D,
                "all are read; build strings are dropped, and what only Windows has is left out, which is said",
                ("test_a_file_as_windows_saves_it_is_read", "test_what_is_left_out_by_its_name_alone_is_said"),
            ),
            Fact(
                "Y-5",
                "no channels, comments, no name",
                tests=("test_a_conda_package_becomes_a_pip_requirement", "test_index_options_stay_and_comments_go"),
            ),
            Fact(
                "Y-6",
                "index options, URLs, extras",
                note="refused are `-r URL`, `-c` and folders of the machine",
                tests=(
                    "test_what_pip_understands_stays_as_it_is",
                    "test_a_requirements_file_is_read_beside_the_conda_file",
                    "test_what_cannot_be_translated_is_refused_by_name",
                ),
            ),
            Fact(
                "Y-7",
                "packages that are gone",
                _D,
                (
                    "Azure's own are not installed and have stand-ins, conda's builds are dropped; for others changes "
                    "are proposed, see [mending](mending.md)"
                ),
                (
                    "test_what_carried_microsofts_server_is_left_out",
                    "test_a_version_that_is_not_there_becomes_the_nearest_that_imports",
                ),
            ),
            Fact(
                "Y-8",
                "environments by name, or from requirements",
                note="Azure's curated ones are not ours to give: `register --curated` takes the team's own definition",
                tests=(
                    "test_the_newest_is_meant_unless_a_version_is_named",
                    "test_one_that_stands_for_azures_may_have_its_name",
                    "test_a_requirements_file_is_an_environment_by_itself",
                    "test_one_from_requirements_has_exactly_those",
                ),
            ),
        ),
    ),
    Section(
        "11 Deployment config",
        (
            Fact(
                "G-1",
                "compute types, in any case",
                note=(
                    "ACI, AKS and AKSENDPOINT are read, checked and shown as a plan, then refused: these targets are "
                    "not there yet. Without config and target a service is local, where v1 took ACI"
                ),
                tests=(
                    "test_the_compute_type_is_local_in_any_case",
                    "test_every_key_of_aci_is_read",
                    "test_every_key_of_aks_is_read",
                    "test_a_target_in_the_cloud_is_planned_and_then_refused",
                    "test_without_a_config_and_a_target_a_service_is_local",
                ),
            ),
            Fact(
                "G-2",
                "unknown keys are ignored",
                _D,
                "ignored with a warning that names the key that is meant",
                (
                    "test_unknown_keys_and_keys_of_other_targets_warn",
                    "test_the_key_that_was_meant_is_named_wherever_it_belongs",
                ),
            ),
            Fact(
                "G-3",
                "objects must be objects",
                _D,
                "`null` for one, which v1 refused, is not given, with a warning",
                (
                    "test_null_for_an_object_is_taken_as_not_given_and_said",
                    "test_all_values_of_a_wrong_type_are_said_at_once",
                ),
            ),
            Fact(
                "G-4",
                "no coercion of types",
                _D,
                (
                    '`"True"` is taken with a warning; `"False"`, which v1 took for true, and all else of a wrong '
                    "type is refused"
                ),
                ("test_a_text_that_says_true_is_true_and_said", "test_what_v1_refused_is_refused"),
            ),
            Fact(
                "G-5",
                "tags come by flags",
                note="those in the file are warned of",
                tests=(
                    "test_the_key_that_was_meant_is_named_wherever_it_belongs",
                    "test_what_is_said_of_a_service_is_kept_once_it_is_promoted",
                ),
            ),
            Fact(
                "G-6",
                "defaults are the service's",
                tests=(
                    "test_what_will_hold_where_a_config_says_nothing",
                    "test_the_defaults_of_the_page_are_those_that_are_filled_in",
                ),
            ),
            Fact(
                "G-7",
                "flags before the file",
                note="and that is said",
                tests=("test_a_flag_wins_over_the_file_and_that_is_told",),
            ),
            Fact(
                "G-20",
                "numbers above zero",
                note="all that is wrong is said at once, for every compute type",
                tests=("test_what_v1_refused_is_refused", "test_all_that_is_wrong_is_said_at_once_each_with_its_line"),
            ),
            Fact("G-21", "limit below request", tests=_REFUSALS),
            Fact("G-22", "autoscale with replicas", tests=_REFUSALS),
            Fact("G-23", "neither of them", tests=_REFUSALS),
            Fact("G-24", "autoscale's keys without it", tests=_REFUSALS),
            Fact("G-25", "more at least than at most", tests=_REFUSALS),
            Fact(
                "G-26",
                "key and token together",
                note="`tokenAuthEnabled` alone turns keys off, with a warning",
                tests=("test_what_v1_refused_is_refused", "test_tokens_turn_off_the_keys_that_are_on_by_default"),
            ),
            Fact(
                "G-27",
                "incomplete TLS, disk key, network",
                tests=("test_what_v1_refused_is_refused", "test_certificates_that_are_not_there_are_named"),
            ),
            Fact(
                "G-28",
                "the port of a local service",
                tests=(
                    "test_what_v1_refused_is_refused",
                    "test_what_v1_just_took_is_taken",
                    "test_a_port_that_is_none_is_refused",
                ),
            ),
            Fact(
                "G-29",
                "traffic outside 0 to 100",
                tests=("test_what_v1_refused_is_refused", "test_what_v1_just_took_is_taken"),
            ),
        ),
    ),
    Section(
        "12 Models",
        (
            Fact(
                "M-1",
                "`Model.register`",
                note="the path may lie anywhere; data sets are told to mean nothing here",
                tests=(
                    "test_registering_counts_versions_from_one_and_says_so_as_v1_did",
                    "test_a_path_that_is_not_there_registers_nothing",
                ),
            ),
            Fact(
                "M-2",
                "versions count from 1",
                note="a deleted number is never used again",
                tests=("test_versions_count_from_one", "test_a_deleted_versions_number_is_never_used_again"),
            ),
            Fact(
                "M-3",
                "files, folders, child paths",
                tests=(
                    "test_a_folder_keeps_its_name_and_child_paths_a_part_of_it",
                    "test_of_a_folder_only_the_child_paths_are_kept",
                ),
            ),
            Fact(
                "M-4",
                "the newest, or one by version",
                tests=("test_the_newest_is_meant_without_a_version_and_a_filter_picks_the_newest_match",),
            ),
            Fact("M-5", "`ModelNotFound`", tests=("test_one_that_is_not_there_raises_with_v1s_word_in_the_text",)),
            Fact("M-6", "frameworks", tests=("test_what_v1_would_refuse_is_refused", "test_what_v1_takes_is_taken")),
            Fact(
                "M-7",
                "tags and properties",
                note="values are text: a script's numbers become text, and lists or objects are refused",
                tests=("test_tags_change_and_properties_only_add_up", "test_tags_that_are_no_text_are_refused_by_name"),
            ),
            Fact(
                "M-8",
                "`list` and its filters",
                note="`page_count` is taken and changes nothing; no model is found by a data set",
                tests=(
                    "test_lists_are_newest_first_and_filtered",
                    "test_a_filter_asks_for_a_key_or_for_a_key_and_its_value",
                ),
            ),
            Fact(
                "M-9",
                "`delete` is refused in use",
                tests=("test_what_a_service_uses_cannot_be_deleted", "test_a_model_in_service_cannot_be_deleted"),
            ),
            Fact(
                "M-10",
                "`download`",
                tests=("test_downloads_do_not_overwrite_unless_they_may", "test_a_folder_comes_back_as_it_was"),
            ),
            Fact(
                "M-11",
                "`serialize`",
                note="`createdBy`, `runDetails` and what is of data sets are empty",
                tests=("test_serialize_has_v1s_keys_and_deserialize_finds_the_model",),
            ),
            Fact(
                "M-12",
                "what `deploy` takes for a model",
                _D,
                (
                    "an id first, then a path. A path is registered first for local services too, where v1 copied it "
                    "as version 0; only `package` and `profile` do that"
                ),
                (
                    "test_a_text_is_a_models_id_first_and_then_a_path",
                    "test_assets_become_a_release_that_tries_containers_first",
                    "test_a_packaged_image_has_its_name_and_serves",
                    "test_more_models_than_v1_took_are_refused",
                ),
            ),
            Fact(
                "M-13",
                "metadata files",
                tests=(
                    "test_the_metadata_file_is_what_later_steps_read",
                    "test_what_registration_wrote_names_the_model",
                    "test_a_model_is_registered_from_a_run_by_id_by_metric_and_by_experiment",
                ),
            ),
            Fact(
                "M-14",
                "resources for no-code",
                _N,
                "they are kept with the version, changed and shown; no service takes them",
            ),
        ),
    ),
    Section(
        "13 SDK verbs",
        (
            Fact(
                "U-1",
                "an update of nothing",
                tests=(
                    "test_what_is_said_of_a_service_is_kept_with_it",
                    "test_an_update_of_nothing_or_of_what_stays_is_refused",
                ),
            ),
            Fact(
                "U-2",
                "models without a config",
                _D,
                (
                    "they keep the script and the environment in service; v1 took them for a service without code and "
                    "failed"
                ),
                (
                    "test_an_update_of_the_model_keeps_the_script_and_everything_else",
                    "test_new_models_keep_the_inference_config_and_what_serves_goes_on_serving_meanwhile",
                ),
            ),
            Fact(
                "U-3",
                "a config without models",
                tests=("test_an_update_of_the_script_keeps_the_very_version_that_serves",),
            ),
            Fact(
                "U-4",
                "versions stay until an update",
                tests=("test_an_update_of_the_script_keeps_the_very_version_that_serves",),
            ),
            Fact(
                "U-5",
                "tags replace, properties add",
                tests=(
                    "test_tags_that_replace_all_can_be_removed_from_and_added_to",
                    "test_what_is_said_of_a_service_is_kept_with_it",
                    "test_a_property_never_changes",
                ),
            ),
            Fact(
                "U-6",
                "what may change on which target",
                _N,
                "ACI and AKS are not there yet; of a local service all may change but its target",
            ),
            Fact(
                "U-7",
                "409 during an operation",
                note=(
                    "refused at once with the release that is under way; the code 409 only where the service is not "
                    "up yet. Of two users who planned at the same time the second is refused, too: what it was "
                    "planned from has changed"
                ),
                tests=(
                    "test_a_service_whose_release_has_not_begun_yet_is_neither_deleted_nor_changed",
                    "test_a_second_release_of_a_service_is_told_who_holds_it_and_until_when",
                    "test_an_update_that_was_planned_from_another_champion_changes_nothing",
                ),
            ),
            Fact(
                "U-8",
                "two kinds that do not mix",
                _A,
                (
                    "there are only services of an inference config; image configurations are refused with what came "
                    "after them"
                ),
                ("test_an_image_configuration_is_refused_with_what_came_after_it",),
            ),
            Fact(
                "L-1",
                "states of a local service",
                _D,
                (
                    "v1's words, and its refusal of a verb in the wrong state; but a service that is being deployed "
                    "for the first time is neither deleted, updated nor reloaded"
                ),
                (
                    "test_a_verb_in_the_wrong_state_is_refused_in_v1s_words",
                    "test_a_service_whose_release_has_not_begun_yet_is_neither_deleted_nor_changed",
                ),
            ),
            Fact(
                "L-2",
                "containers by name and labels",
                _D,
                (
                    "found by the service's name all the same; a container has a revision's name and labels of our "
                    "own, and a service may be processes"
                ),
                (
                    "test_another_handle_finds_it_and_says_more_of_it",
                    "test_a_workspace_a_trial_and_another_machine_s_folder_have_names_of_their_own",
                ),
            ),
            Fact(
                "L-3",
                "ports on 127.0.0.1",
                note=(
                    "the service's own port and those of its revisions, but for containers of an engine on another "
                    "machine; 8883 is not exposed"
                ),
                tests=(
                    "test_the_configured_port_is_the_services_and_a_foreign_one_is_refused_before_anything_is_there",
                    "test_a_container_is_made_from_the_image_alone_on_loopback_and_started_again_by_the_engine",
                    "test_a_server_is_started_on_loopback_with_files_of_its_own",
                    "test_a_render_is_the_golden_one",
                ),
            ),
            Fact(
                "L-4",
                "the health check after start",
                _D,
                (
                    "a release tries the image first, and waits for up to 300 s; what `init` raised is the reason at "
                    "once"
                ),
                (
                    "test_a_script_whose_init_fails_ends_the_wait_with_its_reason",
                    "test_a_script_that_fails_in_init_is_failed_with_its_own_error",
                    "test_a_server_that_is_not_healthy_fails_with_its_own_words",
                ),
            ),
            Fact(
                "L-5",
                "`reload`",
                note="a release without bake: what served goes on until the script as it is now has been tried",
                tests=("test_a_reload_reads_the_script_again_and_has_no_bake", "test_a_reload_reads_the_script_again"),
            ),
            Fact(
                "L-6",
                "`update`",
                note=(
                    "a release: what served goes on until the new revision is verified, with the golden rows of "
                    "before where there are some"
                ),
                tests=(
                    "test_new_models_keep_the_inference_config_and_what_serves_goes_on_serving_meanwhile",
                    "test_golden_rows_of_before_that_fail_an_update_are_told_as_such",
                ),
            ),
            Fact(
                "L-7",
                "`delete`",
                _D,
                "its three parameters change nothing: `shipway gc` frees what an image and a cache hold",
                (
                    "test_what_was_deleted_is_gone_and_says_so",
                    "test_what_v1_could_keep_when_it_deleted_is_taken_and_changes_nothing",
                ),
            ),
            Fact(
                "L-8",
                "`run`",
                tests=(
                    "test_it_answers_text_and_bytes_with_what_the_script_returned",
                    "test_any_answer_but_200_is_an_exception_with_code_headers_and_content",
                ),
            ),
            Fact(
                "L-9", "what is not implemented", tests=("test_what_v1_had_not_for_local_services_is_not_implemented",)
            ),
            Fact(
                "L-10", "`deploy_to_cloud`", _N, "raises with the plan of the same parts: no target in a cloud is there"
            ),
            Fact(
                "L-11",
                "overrides of paths and port",
                _A,
                "they were for servers of the user's own; the scoring server is Shipway's, with v1's paths and port",
            ),
            Fact(
                "L-12",
                "`serialize`",
                note="`imageId` is None: an image is known by its digest",
                tests=("test_serialize_has_v1s_keys",),
            ),
            Fact(
                "X-1",
                "up to six versions",
                _A,
                "`shipway endpoint` says what stands for them: each service has two revisions",
                ("test_an_endpoint_of_v1_is_refused_with_what_stands_for_it",),
            ),
            Fact(
                "X-2", "the default version", _A, "the revision in service is it, and has what the other is not given"
            ),
            Fact(
                "X-3",
                "creating, updating, deleting one",
                _A,
                "a release brings a revision, `shipway service rollback` goes back",
            ),
            Fact(
                "X-4",
                "percentiles one by one",
                _A,
                "`traffic` of a release file has the shares that a new revision gets, step by step",
            ),
            Fact("X-5", "what an endpoint's update takes", _A, "there are no endpoints"),
            Fact(
                "X-6",
                "one URI and one pair of keys",
                _A,
                "the revisions of a service share its URI; local services have no keys",
            ),
        ),
    ),
)

_FRONTS = Section(
    "16 Front ends",
    _not_yet(
        "F-1 GET and POST, 100 MB",
        "F-2 queue, then 503",
        "F-3 timeout: 504",
        "F-4 a failing `run`: 502",
        "F-5 401, 404, 409, 500",
        "F-6 the autoscaler",
        "F-7 how many replicas",
        "F-8 liveness probes",
        "F-9 the URL of a service",
    ),
)

_AFTER = (
    Section(
        "21 Packages, profiles, functions",
        (
            Fact(
                "B-1",
                "needs an environment",
                _D,
                "needs none: without one it is the default of I-3",
                (
                    "test_a_package_accepts_a_mended_environment_where_a_release_does",
                    "test_the_least_config_gets_an_empty_environment",
                ),
            ),
            Fact(
                "B-2",
                "`ModelPackage`",
                note=(
                    "it is made while `Model.package` lasts; `get_container_registry` says why not: the image is in "
                    "this machine's engine"
                ),
                tests=("test_an_image_has_its_name_and_a_context_its_dockerfile",),
            ),
            Fact(
                "B-3",
                "the saved context",
                note="the models are in it, and so are the packages: it builds without a network",
                tests=("test_it_holds_v1s_folders", "test_its_dockerfile_says_what_it_does"),
            ),
            Fact(
                "B-4",
                "served on 5001",
                tests=(
                    "test_a_packaged_image_has_its_name_and_serves",
                    "test_a_context_builds_without_a_network_and_serves",
                ),
            ),
            Fact("B-5", "`--output-path`", tests=("test_a_docker_context_is_written_where_it_is_asked_for",)),
        ),
    ),
    Section(
        "22 IoT Edge",
        _not_yet(
            "W-1 the same image and script",
            "W-2 messages in and out",
            "W-3 a property of each message",
            "W-4 create options",
            "W-5 `IotWebservice`",
            "W-6 architectures",
        ),
    ),
    Section(
        "24 Batch",
        _not_yet(
            "N-1 `init` optional, `run(mini_batch)`",
            "N-2 paths or a frame",
            "N-3 one element for each item",
            "N-4 arguments by `sys.argv`",
            "N-5 `EntryScript`",
            "N-6 helper modules",
            "N-7 one process for each GPU",
            "N-8 models by path",
            "N-9 a second parameter",
            "N-10 partition columns",
            "N-11 arguments pass unchanged",
            "N-12 the run's workspace",
            "N-13 `None` after an error",
            "N-20 `append_row`",
            "N-21 `summary_only`",
            "N-22 failures of `init`",
            "N-23 retries",
            "N-24 logs",
        ),
    ),
)

SECTIONS: tuple[Section, ...] = (
    *_BEFORE,
    _CONTAINER,
    _ENTRY,
    _HTTP,
    _RAW,
    _SCHEMA,
    _PROCESS,
    _BUNDLES,
    *_BETWEEN,
    _AUTHENTICATION,
    _FRONTS,
    _COLLECTION,
    _INSIGHTS,
    *_AFTER,
    _NO_CODE,
)

WITHOUT_IDS = (
    "14 Service state",
    "17 CLI",
    "20 Event Grid",
    "23 FPGA",
    "26 Conflicts in the sources",
    "27 Conformance checklist",
)

FACTS: tuple[Fact, ...] = tuple(fact for section in SECTIONS for fact in section.facts)

BETWEEN: dict[str, tuple[str, ...]] = {
    "0.7.7 (Python 3.6 to 3.9)": (
        "a failing `run`: 500 as `text/html` with the text of the exception",
        "a result that is not JSON: 500 as `text/html` with the traceback",
        "404 and 405: HTML, but with ids; with CORS on, with CORS headers",
        "the scoring timeout: its text as `text/html`",
        "no swagger 3.1; a refused version is a JSON string, not an object",
        "`aml_response_headers` and `aml_response_body` are read (as in 0.4)",
        "a status of 500 and above set by the script leaves `x-ms-run-function-failed: False`",
        "no settings file, no `azureml_inference_server_http.api`",
        "a nested key that is absent fails (inference-schema 1.4)",
        "the rest as 1.5.1: 400 and 415 in JSON, OPTIONS 200, CORS, ids, sizes of ids",
    ),
    "0.8.4.2 (Python 3.7 to 3.11)": (
        "raw requests: `.json` is `None` for another content type, `headers.has_key` works (as ours, always)",
        "a multipart body without a boundary: the empty string (1.5.1: the body)",
        "`%FF` in a query: the replacement character (1.5.1: left as it is)",
        "the rest as 1.5.1",
    ),
}
"""What the servers between the two profiles did otherwise, seen by running them; neither is a profile."""
