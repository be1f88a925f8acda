"""shipway environment ...: environments by name, with the verbs and flags of `az ml environment`.

Keys of `-o json` are v1's own (contract 10.1).
"""

import os
import platform
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, fields, moment
from shipway.cli.parser import Parser
from shipway.cli.v1_common import add_common_flags, of_v1_workspace

if TYPE_CHECKING:
    from shipway.domain.environment import Environment
    from shipway.registry.environments import Environments, Registered

_COLUMNS = (
    Column("name", "NAME"),
    Column("version", "VERSION"),
    Column("python_version", "PYTHON"),
    Column("package_count", "PACKAGES", str),
    Column("created_time", "CREATED", moment),
)


_LOGINS = (
    "the logins in it are not kept in the workspace: an index's is found in ~/.netrc, a registry's in what "
    "`docker login` wrote"
)


def add_arguments(parser: Parser) -> None:
    scaffold = parser.add_verb("scaffold", _scaffold, "write the files of a new environment to a folder, to be edited")
    scaffold.add_argument("-n", "--name", required=True, help="the environment's name")
    _add_folder(scaffold)
    _add_overwrite(scaffold)
    register = parser.add_verb("register", _register, "give what a folder holds the next version of its name")
    _add_folder(register)
    register.add_argument("--curated", action="store_true", help="it stands for one of Azure's, whose name it has")
    show = parser.add_verb("show", _show, "one environment")
    _add_choice(show)
    parser.add_verb("list", _list, "the environments of this workspace, the newest version of each")
    download = parser.add_verb("download", _download, "write the files of a registered environment to a folder")
    _add_choice(download)
    _add_folder(download)
    _add_overwrite(download)
    add_common_flags(parser)


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, of_v1_workspace(args, context))
    return code


def _add_folder(parser: Parser) -> None:
    parser.add_argument("-d", "--directory", required=True, metavar="DIR", type=Path, help="the folder of its files")


def _add_overwrite(parser: Parser) -> None:
    parser.add_argument("--overwrite", action="store_true", help="replace files of the same names")


def _add_choice(parser: Parser) -> None:
    parser.add_argument("-n", "--name", required=True, help="of a registered environment")
    parser.add_argument("-v", "--version", metavar="N", help="default: the newest")


def _folder(args: Namespace, context: Context) -> Path:
    return Path(os.path.normpath(context.folder / args.directory))


def _environments(context: Context) -> "Environments":
    from shipway.registry.environments import Environments

    return Environments(context.workspace())


def _scaffold(args: Namespace, context: Context) -> int:
    """Azure's own names are no fault here: `register --curated` may be meant."""
    from shipway.config.environment_writing import environment_document, write_environment_folder
    from shipway.domain.environment import Environment
    from shipway.errors import RegistryError
    from shipway.registry.environments import environment_name_fault

    if fault := environment_name_fault(args.name, curated=True):
        raise RegistryError(fault)
    python = ".".join(platform.python_version_tuple()[:2])
    document = environment_document(Environment(name=args.name, python=python, served=("azureml-defaults",)))
    files = write_environment_folder(document, _folder(args, context), overwrite=args.overwrite)
    lines = [*map(str, files), f"edit them, then: shipway environment register -d {args.directory}"]
    context.output.record({"name": args.name, "files": [str(path) for path in files]}, lines)
    return 0


def _register(args: Namespace, context: Context) -> int:
    from shipway.config.environment import load_environment, read_environment_folder
    from shipway.config.environment_writing import has_logins

    folder = _folder(args, context)
    document = read_environment_folder(folder)
    loaded = load_environment(document, roots=(folder,))
    for warning in (*loaded.warnings, *([_LOGINS] if has_logins(loaded.value) else [])):
        context.output.say(f"warning: {warning}")
    registered = _environments(context).register(document, now=datetime.now(UTC), roots=(folder,), curated=args.curated)
    context.output.record(_document(registered), [registered.id])
    return 0


def _show(args: Namespace, context: Context) -> int:
    from shipway.config.environment_writing import conda_document, conda_text

    registered = _environments(context).get(args.name, args.version)
    environment = registered.environment
    shown = {
        "id": registered.id,
        "created": moment(registered.created_at),
        "base image": environment.base.image or ("of a Dockerfile" if environment.base.dockerfile else ""),
        "packages": "the image's own" if environment.user_managed else "",
        "variables": " ".join(f"{key}={value}" for key, value in environment.variables.items()),
    }
    conda = conda_text(conda_document(environment)).splitlines()
    context.output.record(
        _document(registered), [*fields(shown), "conda dependencies", *(f"  {line}" for line in conda)]
    )
    return 0


def _list(args: Namespace, context: Context) -> int:
    del args
    records = [_document(registered) | _summary(registered.environment) for registered in _environments(context).list()]
    nothing = "no environment is registered yet; try `shipway environment scaffold --help`"
    context.output.records(records, _COLUMNS, empty=nothing)
    return 0


def _download(args: Namespace, context: Context) -> int:
    from shipway.config.environment_writing import write_environment_folder

    registered = _environments(context).get(args.name, args.version)
    folder = _folder(args, context)
    files = [str(path) for path in write_environment_folder(registered.document, folder, overwrite=args.overwrite)]
    context.output.record({"id": registered.id, "files": files}, files)
    return 0


def _document(registered: "Registered") -> dict[str, Any]:
    return {"id": registered.id, **registered.document, "created_time": registered.created_at}


def _summary(environment: "Environment") -> dict[str, Any]:
    count = len(environment.requirements) + len(environment.conda_packages)
    return {"python_version": environment.python or "", "package_count": count}
