"""shipway model register: a file, a folder or what a training run left becomes the next version of a model."""

import contextlib
import json
import os
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.cli.commands.model.registered import document_of, lines_of, registry_of
from shipway.cli.context import Context
from shipway.cli.parser import Parser, pairs
from shipway.cli.v1_flags import add_option, number, whole
from shipway.domain.model import FRAMEWORKS, ModelVersion, ResourceConfiguration, RunFacts
from shipway.errors import ConfigError, MachineError

if TYPE_CHECKING:
    from shipway.registry.mlflow_tracking import Run, Tracking

UNUSED = ("sample_input_dataset_id", "sample_output_dataset_id")
"""v1's data sets do not exist here."""


def add_arguments(parser: Parser) -> None:
    register = parser.add_verb("register", _register, "register a file or a folder as the next version of a model")
    register.set_defaults(parser=register)
    register.add_argument("-n", "--name", required=True)
    register.add_argument("-p", "--path", "--model-path", metavar="PATH", help="a file or a folder")
    register.add_argument("-d", "--description", default="")
    register.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    register.add_argument("--property", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    register.add_argument("--model-framework", metavar="NAME", help=", ".join(FRAMEWORKS))
    register.add_argument("--model-framework-version", default="", metavar="VERSION")
    register.add_argument(
        "-t", "--output-metadata-file", type=Path, metavar="FILE", help="write the id there as JSON, for later steps"
    )
    add_resource_flags(register)
    _add_run_flags(register)


def add_resource_flags(verb: Parser) -> None:
    """With v1's flags for data sets, which are taken and told."""
    add_option(verb, "--cc", "--cpu-cores", type=number, metavar="X", help="cores for a service without code")
    add_option(verb, "--gb", "--memory-gb", type=number, metavar="X", help="GB of memory for one")
    add_option(verb, "--gc", "--gpu-cores", type=whole, metavar="N", help="GPUs for one")
    for name in UNUSED:
        verb.add_argument(f"--{name.replace('_', '-')}", metavar="ID", help="told to mean nothing here")


def resources_of(args: Namespace) -> ResourceConfiguration | None:
    """None when no flag says anything of them."""
    if args.cpu_cores is None and args.memory_gb is None and args.gpu_cores is None:
        return None
    return ResourceConfiguration(cpu_cores=args.cpu_cores, memory_gb=args.memory_gb, gpu_cores=args.gpu_cores)


def say_unused(args: Namespace, context: Context) -> None:
    for name in UNUSED:
        if getattr(args, name):
            context.output.say(f"--{name.replace('_', '-')}: there are no data sets here; it is not kept")


def _add_run_flags(register: Parser) -> None:
    runs = register.add_argument_group(
        "from a training run", "of the MLflow tracking server that MLFLOW_TRACKING_URI names"
    )
    runs.add_argument("--asset-path", metavar="PATH", help="the file or folder in the run, such as outputs/model.onnx")
    runs.add_argument("-r", "--run-id", metavar="ID", help="default: the newest finished run with that path")
    runs.add_argument("--experiment-name", metavar="NAME", help="of the run, or in which to look for one")
    runs.add_argument("--best", metavar="METRIC", help="the finished run with the highest value of it")
    runs.add_argument("--lowest", action="store_true", help="with --best: the lowest value")
    runs.add_argument(
        "-f", "--run-metadata-file", type=Path, metavar="FILE", help="JSON with run_id and _experiment_name"
    )


@dataclass(frozen=True, kw_only=True)
class _WhichRun:
    """What the flags say of it, the metadata file read."""

    experiment: str | None
    run_id: str | None


def _register(args: Namespace, context: Context) -> int:
    say_unused(args, context)
    with _payload(args, context) as (path, run):
        version = registry_of(context).register_path(
            path,
            name=args.name,
            now=datetime.now(UTC),
            tags=pairs(args.parser, "--tag", args.tag),
            properties=pairs(args.parser, "--property", args.property),
            description=args.description,
            framework=args.model_framework,
            framework_version=args.model_framework_version,
            resources=resources_of(args),
            run=run,
        )
    if args.output_metadata_file is not None:
        _write_metadata(args.output_metadata_file, version)
    document = document_of(version, ())
    context.output.record(document, [f"registered {version.id}", *lines_of(document)])
    return 0


@contextlib.contextmanager
def _payload(args: Namespace, context: Context) -> Iterator[tuple[str | Path, RunFacts | None]]:
    """What is registered, there as long as the block lasts."""
    if (args.path is None) == (args.asset_path is None):
        args.parser.error("give either -p PATH, or --asset-path PATH of a training run")
    if args.path is not None:
        _refuse_run_flags(args)
        yield args.path, None
        return
    from shipway.registry.rules import check_registration
    from shipway.registry.runs import fetch_from_run, open_tracking

    which = _which_run(args)
    check_registration(args.name, {"framework": args.model_framework})
    registry_of(context)
    with open_tracking(os.environ) as tracking:
        run = _find(args, which, tracking)
        context.output.say(_about(run, args))
        with fetch_from_run(tracking, run, args.asset_path) as fetched:
            yield fetched.path, run.facts(fetched.asset_path)


def _refuse_run_flags(args: Namespace) -> None:
    given = {"--run-id": args.run_id, "--experiment-name": args.experiment_name, "--best": args.best}
    given |= {"--lowest": args.lowest, "--run-metadata-file": args.run_metadata_file}
    if named := [flag for flag, value in given.items() if value]:
        args.parser.error(f"{' and '.join(named)}: with -p the file of this machine is registered, and no run's")


def _which_run(args: Namespace) -> _WhichRun:
    run_id, experiment = args.run_id, args.experiment_name
    if args.run_metadata_file is not None:
        if run_id is not None or args.best is not None:
            args.parser.error("--run-metadata-file names a run already; leave --run-id and --best out")
        run_id, named = _read_metadata(args.run_metadata_file)
        experiment = experiment or named
    if run_id is not None and args.best is not None:
        args.parser.error("give either --run-id or --best METRIC")
    if run_id is None and experiment is None:
        args.parser.error("--asset-path needs the run: give --run-id ID, or --experiment-name NAME")
    if args.lowest and args.best is None:
        args.parser.error("--lowest goes with --best METRIC")
    return _WhichRun(experiment=experiment, run_id=run_id)


def _find(args: Namespace, which: _WhichRun, tracking: "Tracking") -> "Run":
    from shipway.registry.runs import best_run, find_run, newest_run

    if which.run_id is not None:
        return find_run(tracking, which.run_id, experiment=which.experiment)
    experiment = which.experiment or ""
    if args.best is not None:
        return best_run(tracking, experiment, args.best, lowest=args.lowest)
    return newest_run(tracking, experiment, args.asset_path)


def _about(run: "Run", args: Namespace) -> str:
    called = f" ({run.name})" if run.name else ""
    if args.best is not None:
        what = f"the {'lowest' if args.lowest else 'highest'} {args.best}, {run.metrics[args.best]:g}: "
        return f"{what}run {run.run_id}{called} of experiment {run.experiment}"
    if args.run_id is None and args.run_metadata_file is None:
        return f"no run was named: the newest finished one of experiment {run.experiment} is {run.run_id}{called}"
    still = "" if run.is_finished else f", which is {run.status}: what it writes from now on is not in this version"
    return f"run {run.run_id}{called} of experiment {run.experiment}{still}"


def _read_metadata(path: Path) -> tuple[str, str | None]:
    """The run's id, and its experiment where the file tells it (contract M-13)."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: the run's metadata cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: the run's metadata is no JSON: {error}") from error
    found = document if isinstance(document, dict) else {}
    run_id = found.get("run_id") or found.get("runId")
    if not isinstance(run_id, str) or not run_id:
        raise ConfigError(f'{path}: the run\'s metadata has no run_id; it looks like {{"run_id": "ID"}}')
    experiment = found.get("_experiment_name") or found.get("experiment_name")
    return run_id, str(experiment) if experiment else None


def _write_metadata(path: Path, version: ModelVersion) -> None:
    """What `az ml model register -t` writes, as far as there is such a thing here."""
    document = {"modelId": version.id, "name": version.name, "version": version.version, "digest": version.digest}
    try:
        path.write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise MachineError(f"{version.id} is registered, but {path} could not be written: {error.strerror}") from error
