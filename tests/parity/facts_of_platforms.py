"""What stood in front of a service, packages, devices and batches (contract 16, 21, 22, 24)."""

from tests.parity.fact import Fact, Section, Status, not_yet

_D = Status.DIFFERENT

FRONTS = Section(
    "16 Front ends",
    not_yet(
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

AFTER = (
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
        not_yet(
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
        not_yet(
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
