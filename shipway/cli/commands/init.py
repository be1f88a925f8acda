"""shipway init [DIR]: a workspace in DIR/.shipway, and the digits example beside it."""

import shutil
from argparse import Namespace
from pathlib import Path

import shipway
from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.errors import ConfigError, MachineError, StoreError
from shipway.store.finding import WORKSPACE_FOLDER

_EXAMPLE = "digits"
_MADE_BY_THE_EXAMPLE = shutil.ignore_patterns("models", "train-env", "__pycache__", ".*")

_NEXT = """\
next, make the example's models and release the first one:
  cd {example}
  python3 -m venv train-env && train-env/bin/pip install -r requirements.txt && train-env/bin/python train.py
  shipway release release.yaml"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("folder", metavar="DIR", nargs="?", default=".", help="default: this folder")
    parser.add_argument("--no-example", action="store_true", help="make the workspace only")


def run(args: Namespace, context: Context) -> int:
    if "://" in args.folder:
        raise ConfigError(
            f"{args.folder} is no folder; make a workspace in a bucket with `shipway workspace create {args.folder}`"
        )
    folder = (context.folder / Path(args.folder).expanduser()).resolve()
    workspace = folder / WORKSPACE_FOLDER
    example = None if args.no_example else folder / _EXAMPLE
    _refuse_to_overwrite(workspace, example)
    from shipway.store.workspace import open_workspace

    url = open_workspace(workspace, create=True).url
    lines = [f"workspace  {workspace}"]
    if example is not None:
        copy_example(_EXAMPLE, example)
        lines += [f"example    {example}", "", _NEXT.format(example=example)]
    context.output.record({"workspace": url, "example": str(example) if example else None}, lines)
    return 0


def copy_example(name: str, to: Path) -> None:
    """The example as it was delivered, without what running it makes. It appears whole: killed half-way, only a folder
    with a dot before its name is left, which the next call replaces."""
    part = to.with_name(f".{to.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(examples() / name, part, ignore=_MADE_BY_THE_EXAMPLE)
        part.rename(to)
    except OSError as error:
        raise MachineError(f"the example could not be written to {to}: {error.strerror or error}") from error


def examples() -> Path:
    """Where the examples stand: in the installed package, or in the tree that this was checked out to."""
    package = Path(shipway.__file__).resolve().parent
    for place in (package / "_examples", package.parent / "configs" / "examples"):
        if place.is_dir():
            return place
    raise MachineError(f"the examples are missing from this installation of shipway in {package}; install it again")


def _refuse_to_overwrite(workspace: Path, example: Path | None) -> None:
    if example is not None and example.exists():
        raise ConfigError(
            f"{example} exists already, and `shipway init` overwrites nothing; name another folder, or add --no-example"
        )
    if example is None and _is_workspace(workspace):
        raise ConfigError(f"{workspace} is a workspace already; nothing was changed")


def _is_workspace(folder: Path) -> bool:
    """A folder that a killed `init` left is none yet."""
    from shipway.store.workspace import open_workspace

    try:
        open_workspace(folder)
    except StoreError:
        return False
    return True
