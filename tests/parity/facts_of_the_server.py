"""The container, the entry script, HTTP and what else the scoring server does (contract 2 to 8, 15, 18, 19, 25)."""

from tests.parity.fact import Fact, Section, Status

_P = Status.PROFILE
_D = Status.DIFFERENT
_A = Status.ABSENT
_N = Status.NOT_YET
_CLOUD = "read, checked and planned; the target is not there yet"
_PACKAGE = "the author's `inference_schema` does this, as it did in v1"

CONTAINER = Section(
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

ENTRY = Section(
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

HTTP = Section(
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

RAW = Section(
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

SCHEMA = Section(
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

PROCESS = Section(
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

BUNDLES = Section(
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

AUTHENTICATION = Section(
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

COLLECTION = Section(
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

INSIGHTS = Section(
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

NO_CODE = Section(
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
