"""The flags of `az ml` that deploy, update, package, profile and check share, and what they say.

Texts of 2019 write the two-letter ones with one dash: both are understood, one is shown. What a flag says is laid over
the file that goes with it, and wins (G-7); what is wrong with it is said of the flag.
"""

import argparse
from argparse import Namespace
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from shipway.cli.v1_keys import DEPLOYMENT_FLAGS, INFERENCE_FLAGS, SCRIPT_FLAGS, Flag, number, truth, whole
from shipway.errors import ConfigError

if TYPE_CHECKING:
    from shipway.cli.context import Context
    from shipway.cli.parser import Parser
    from shipway.config.documents import Document, Loaded
    from shipway.domain.environment import InferenceConfig

__all__ = [
    "SCRIPT_FLAGS",
    "add_deployment_flags",
    "add_inference_flags",
    "add_models_flags",
    "add_option",
    "deployment_document",
    "inference_document",
    "inference_of",
    "models_of",
    "number",
    "truth",
    "whole",
]

Group: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"


_METAVARS: dict[Callable[[str], object], str] = {str: "TEXT", truth: "BOOL", whole: "N", number: "X"}

TARGET = "--ct --compute-target --target"


def add_option(parser: "Group", *names: str, also: tuple[str, ...] = (), **settings: Any) -> None:
    """An option whose value stands under its longest name. It also goes by its short names with one dash, as texts of
    2019 have them (`-ic` for `--ic`), and by those of `also`, of which the help says nothing."""
    dest = max(names, key=len).lstrip("-").replace("-", "_")
    parser.add_argument(*names, dest=dest, **settings)
    hidden = [*also, *(name[1:] for name in names if name.startswith("--") and len(name) <= len("--ccl"))]
    if hidden:
        parser.add_argument(*hidden, **{**settings, "dest": dest, "help": argparse.SUPPRESS, "required": False})


def add_models_flags(parser: "Parser") -> None:
    """`-m` and `-f`, of which each may be repeated."""
    models = parser.add_argument_group("models")
    add_option(
        models,
        "-m",
        "--model",
        action="append",
        default=[],
        metavar="ID",
        help="a registered model, NAME:VERSION, or a path that is registered first; repeatable",
    )
    add_option(
        models,
        "-f",
        "--model-metadata-file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="what `model register -t FILE` wrote; repeatable",
    )


def add_inference_flags(parser: "Parser", flags: Collection[Flag] = INFERENCE_FLAGS) -> None:
    """`--ic` and all that may be said instead of it or over it."""
    group = parser.add_argument_group("inference config")
    add_option(
        group,
        "--ic",
        "--inference-config-file",
        also=("--inference-config",),
        type=Path,
        metavar="FILE",
        help="JSON or YAML",
    )
    _add_flags(group, flags)
    add_option(group, "-e", "--environment-name", metavar="NAME", help="a registered environment")
    add_option(group, "--ev", "--environment-version", metavar="N", help="of that environment; default: the newest")
    add_option(
        group,
        "--ed",
        "--environment-directory",
        type=Path,
        metavar="DIR",
        help="an environment's folder, as `environment scaffold` makes it",
    )


def add_deployment_flags(parser: "Parser", *, with_target: bool = True) -> None:
    """`--dc` and all that may be said instead of it or over it. An update stays where its service is."""
    group = parser.add_argument_group("deployment config")
    add_option(
        group,
        "--dc",
        "--deploy-config-file",
        also=("--deploy-config", "--deployment-config"),
        type=Path,
        metavar="FILE",
        help="JSON or YAML",
    )
    if with_target:
        add_option(
            group, *TARGET.split(), metavar="NAME", help="one of `shipway target list`, or v1's name of an AKS cluster"
        )
    _add_flags(group, [flag for flag in DEPLOYMENT_FLAGS if with_target or flag.keys != ("computeType",)])


def _add_flags(group: "Group", flags: Collection[Flag]) -> None:
    for flag in flags:
        settings: dict[str, Any] = {"type": flag.read, "metavar": _METAVARS[flag.read]}
        if flag.read is truth:
            settings |= {"nargs": "?", "const": True}
        add_option(group, *flag.names, help=flag.help or f"{'/'.join(flag.keys)} of the config", **settings)


def models_of(args: Namespace) -> tuple[str, ...]:
    """What `-m` and `-f` name, in this order. Raises ConfigError for a metadata file that names no model (M-13)."""
    return (*args.model, *(_model_id(path) for path in args.model_metadata_file))


def inference_document(args: Namespace) -> "Loaded[Document | None]":
    """The inference config as file and flags have it, for `load_inference_config`; None when there is neither.

    Its warnings say which flag won over the file. Raises ConfigError for a file that cannot be read, or that is no
    inference config. The environment that `-e` or `--ed` names is none of it.
    """
    from shipway.cli.v1_documents import INFERENCE, laid_over

    return laid_over(INFERENCE, args.inference_config_file, _given(args, INFERENCE_FLAGS))


def inference_of(args: Namespace, context: "Context") -> "Loaded[Document | InferenceConfig | None]":
    """`inference_document`; where `-e` or `--ed` names an environment, the inference config is read in that one.

    Raises ConfigError for an environment that there is not, that has no script beside it, or that is named twice; and
    as `load_inference_config` does.
    """
    from shipway.cli.v1_documents import in_named_environment

    return in_named_environment(inference_document(args), args, context)


def deployment_document(args: Namespace) -> "Loaded[Document | None]":
    """As `inference_document`, for `load_deployment_config`. Flags alone are of a local service, or of AKS where the
    target is none of Shipway's: then it is the name of a cluster."""
    from shipway.cli.v1_documents import DEPLOYMENT, laid_over

    given = _given(args, DEPLOYMENT_FLAGS)
    if given and args.deploy_config_file is None:
        target = getattr(args, "compute_target", None)
        kind = "local" if target is None or target in _targets() else "AKS"
        given.setdefault(("computeType",), (_COMPUTE_TYPE, kind))
    return laid_over(DEPLOYMENT, args.deploy_config_file, given)


def _targets() -> Collection[str]:
    from shipway.targets.base import known_kinds

    return known_kinds()


_COMPUTE_TYPE = DEPLOYMENT_FLAGS[0]


def _given(args: Namespace, flags: Collection[Flag]) -> dict[tuple[str, ...], tuple[Flag, object]]:
    """By key: the flags that were typed, with what they say."""
    values = [(flag, getattr(args, flag.dest, None)) for flag in flags]
    return {flag.keys: (flag, value) for flag, value in values if value is not None}


def _model_id(path: Path) -> str:
    from shipway.config.documents import read_document

    document = read_document(path)
    content = document.value
    found = content.get("modelId") if isinstance(content, dict) else None
    if not isinstance(found, str):
        raise ConfigError(
            f"{path}: has no modelId; --model-metadata-file takes what `shipway model register -t FILE` wrote"
        )
    return found
