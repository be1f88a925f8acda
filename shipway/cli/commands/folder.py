"""shipway folder attach: a project's folder says which workspace is its own, in v1's `.azureml/config.json`."""

from argparse import Namespace
from pathlib import Path

from shipway.cli.commands.workspace import attach, named_document
from shipway.cli.context import Context
from shipway.cli.parser import Parser
from shipway.errors import ConfigError


def add_arguments(parser: Parser) -> None:
    verb = parser.add_verb("attach", _attach, "write .azureml/config.json, as `az ml folder attach` does")
    verb.add_argument("-w", "--workspace-name", required=True, metavar="NAME", help="v1's name of the workspace")
    verb.add_argument("-g", "--resource-group", default="", metavar="NAME", help="v1's resource group of it")
    verb.add_argument("--subscription-id", default="", metavar="ID", help="v1's subscription of it")
    verb.add_argument("-p", "--path", default=".", metavar="DIR", help="the project's folder; default: this one")
    verb.add_argument("-e", "--experiment-name", metavar="NAME", help="taken, and means nothing here")


def run(args: Namespace, context: Context) -> int:
    code: int = args.verb(args, context)
    return code


def _attach(args: Namespace, context: Context) -> int:
    """Names that this machine has not heard of are given to the workspace that is near."""
    from shipway.azureml._places import known_workspaces, write_config

    folder = (context.folder / Path(args.path).expanduser()).resolve()
    if not folder.is_dir():
        raise ConfigError(f"--path {args.path}: no such folder: {folder}")
    found = known_workspaces(
        name=args.workspace_name,
        resource_group=args.resource_group or None,
        subscription_id=args.subscription_id or None,
    )
    if len({known.url for known in found}) > 1:
        choices = ", ".join(known.names.flags for known in found)
        raise ConfigError(f"-w {args.workspace_name}: means several workspaces here: {choices}; say which")
    known = found[0] if found else attach(args, context)
    path = write_config(known.names, folder)
    lines = [f"{folder} is attached to {known.url}", f"  by {path}"]
    context.output.record({**named_document(known), "path": str(path)}, lines)
    return 0
